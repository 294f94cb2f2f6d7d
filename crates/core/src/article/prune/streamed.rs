//! Pages that a server writes in pieces (React's streaming): a piece that was not ready is shown as something for the
//! time being, and comes hidden behind the page's end; a script of a line puts it in its place at once.

use ego_tree::NodeId;
use memchr::memmem;
use scraper::node::Element;
use scraper::{Html, Node};

use crate::article::outline::attribute;

/// The comment before a place whose piece was not ready.
const PENDING: &str = "$?-->";
/// Most pieces that are put in their places.
const PIECES: usize = 256;

/// The placeholder of a piece that comes later: the length of the element that marks its place, and of all up to its
/// end. `comment` is what follows a `<!--`, `rest` what follows that comment.
pub(super) fn pending(comment: &str, rest: &str) -> Option<(usize, usize)> {
    let tag = rest.strip_prefix("<template id=\"B:").filter(|_| comment.starts_with(PENDING))?;
    let (number, _) = tag.split_once('"').filter(|(number, _)| number.len() < 8)?;
    let end = memmem::find(rest.as_bytes(), b"<!--/$-->")?;
    let piece = memmem::find(rest.as_bytes(), format!("id=\"S:{number}\"").as_bytes())?;
    let place = memmem::find(&rest.as_bytes()[..end], b"</template>")? + "</template>".len();
    (end < piece).then_some((place, end))
}

/// Puts the pieces of a page in their places.
pub(in crate::article) fn join(html: &mut Html) {
    let mut pieces: Vec<(String, NodeId)> = Vec::new();
    let mut places: Vec<(String, NodeId)> = Vec::new();
    for node in html.tree.nodes() {
        let Node::Element(element) = node.value() else { continue };
        let numbered = |letters: &[&str]| number(element, letters).map(|number| (number.to_owned(), node.id()));
        match element.name() {
            "template" => places.extend(numbered(&["B:", "P:"])),
            "div" if attribute(element, "hidden").is_some() => pieces.extend(numbered(&["S:"])),
            _ => {}
        }
    }
    for (number, piece) in pieces.into_iter().take(PIECES) {
        let Some((_, place)) = places.iter().find(|(other, _)| *other == number) else { continue };
        let is_inside = html.tree.get(*place).is_some_and(|node| node.ancestors().any(|node| node.id() == piece));
        let children: Vec<NodeId> =
            html.tree.get(piece).into_iter().flat_map(|piece| piece.children()).map(|n| n.id()).collect();
        for child in children.into_iter().filter(|_| !is_inside) {
            if let Some(mut place) = html.tree.get_mut(*place) {
                place.insert_id_before(child);
            }
        }
    }
}

fn number<'a>(element: &'a Element, letters: &[&str]) -> Option<&'a str> {
    let id = attribute(element, "id")?;
    letters.iter().find_map(|letter| id.strip_prefix(letter))
}
