//! Tables of data, as opposed to tables that lay out a page.
//!
//! In a table of data each cell is short. All that is in one of its cells is that cell's text, also if it is set in
//! paragraphs, lists or headings.

use super::{Kind, Outline, Signs, Tag};

/// Most blocks of a cell, and its heaviest text.
const BLOCKS: usize = 4;
const WEIGHT: usize = 300;

/// Marks the tables of data, and makes cells of what is in theirs.
pub(super) fn mark(outline: &mut Outline) {
    for table in 0..outline.elements.len() {
        if outline.elements[table].tag == Tag::Table && is_data(outline, table) {
            outline.elements[table].own |= Signs::DATA;
            let is_cell = |outline: &Outline, at: usize| {
                outline.ancestors(outline.blocks[at].element).any(|element| outline.elements[element].tag == Tag::Cell)
            };
            for at in outline.elements[table].blocks.clone() {
                if is_cell(outline, at) {
                    outline.blocks[at].kind = Kind::Cell;
                }
            }
        }
    }
}

fn is_data(outline: &Outline, table: usize) -> bool {
    let element = &outline.elements[table];
    let (mut rows, mut linked, mut whole) = (0, 0, 0);
    for at in table + 1..element.end {
        let element = &outline.elements[at];
        match element.tag {
            Tag::Table => return false,
            Tag::Row => rows += usize::from(outline.children(at).filter(|&cell| is_filled(outline, cell)).count() > 1),
            Tag::Cell => {
                let blocks = &outline.blocks[element.blocks.clone()];
                let weight: usize = blocks.iter().map(|block| block.weight).sum();
                if blocks.len() > BLOCKS || weight > WEIGHT {
                    return false;
                }
                linked += blocks.iter().map(|block| block.onward).sum::<usize>();
                whole += weight;
            }
            _ => {}
        }
    }
    rows > 1 && linked * 2 < whole
}

fn is_filled(outline: &Outline, cell: usize) -> bool {
    outline.elements[cell].tag == Tag::Cell && !outline.elements[cell].blocks.is_empty()
}
