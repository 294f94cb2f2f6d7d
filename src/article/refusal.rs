//! Pages that are no article, and which kind they are.
//!
//! PURE. Asked only where little text was found: a long text is a story whatever the page looks like otherwise.

use super::metadata::{Metadata, PageKind};
use super::outline::{Outline, weight};
use super::{NoArticle, NoArticleReason};

/// Words in the title or the text of pages that stand between a reader and the page: checks for robots, consent.
const WALLS: &[&str] = &[
    "just a moment",
    "attention required",
    "are you a robot",
    "are you human",
    "verify you are human",
    "verifying you are human",
    "checking your browser",
    "enable javascript and cookies",
    "please enable javascript",
    "please enable cookies",
    "access denied",
    "access to this page has been denied",
    "pardon our interruption",
    "unusual traffic",
    "captcha",
    "security check",
    "request unsuccessful",
    "before you continue",
    "we value your privacy",
    "your privacy choices",
    "cookie consent",
    "datenschutz-einstellungen",
    "bitte aktivieren sie javascript",
    "avant de poursuivre",
    "antes de continuar",
    "prima di continuare",
    "robot olmadığınızı",
    "подтвердите, что вы не робот",
];
/// The same of pages that say that there is nothing.
const ERRORS: &[&str] = &[
    "404",
    "page not found",
    "not found",
    "page unavailable",
    "page doesn't exist",
    "page does not exist",
    "no longer available",
    "error 500",
    "internal server error",
    "502 bad gateway",
    "503 service",
    "something went wrong",
    "an error occurred",
    "forbidden",
    "seite nicht gefunden",
    "seite wurde nicht gefunden",
    "page introuvable",
    "página no encontrada",
    "página não encontrada",
    "pagina non trovata",
    "pagina niet gevonden",
    "sidan hittades inte",
    "siden ble ikke funnet",
    "nie znaleziono",
    "stránka nenalezena",
    "страница не найдена",
    "сторінку не знайдено",
    "sayfa bulunamadı",
    "ページが見つかりません",
    "页面不存在",
    "找不到",
    "페이지를 찾을 수 없습니다",
    "الصفحة غير موجودة",
    "הדף לא נמצא",
];
/// Least text, by weight, that is a story however little the page says of itself.
const STORY: usize = 210;
/// Least of a page that says that it is an article.
const SHORT_STORY: usize = 66;

/// Why a page with this text is no article, if it is none.
pub(super) fn refusal(text: &str, meta: &Metadata, outline: &Outline, cut: bool) -> Option<NoArticle> {
    // in normal form a third of a text is no white space, so that its beginning is enough
    let beginning = text.char_indices().nth(3 * STORY).map_or(text, |(end, _)| &text[..end]);
    let length = weight(beginning);
    if length >= STORY {
        return None;
    }
    let title = meta.title.as_deref().unwrap_or_default().to_lowercase();
    let said = format!("{title} {}", page_text(outline));
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| said.contains(phrase));
    let small = said.chars().count() < 2000;
    let (reason, detail) = if small && says(WALLS) {
        (NoArticleReason::Wall, "a wall before the page")
    } else if small && says(ERRORS) {
        (NoArticleReason::ErrorPage, "an error page that was sent as a success")
    } else if meta.paywalled {
        (NoArticleReason::Paywall, "only the teaser is there")
    } else if meta.kind == PageKind::Article && length >= SHORT_STORY {
        return None;
    } else if let PageKind::Other(what) = meta.kind {
        (NoArticleReason::NotAnArticle, what)
    } else if is_listing(outline) {
        (NoArticleReason::NotAnArticle, "a listing")
    } else if cut {
        (NoArticleReason::TooLarge, "the page is deeper or larger than the limits")
    } else {
        (NoArticleReason::NoText, "nothing looks like a story")
    };
    Some(NoArticle { reason, detail: detail.to_owned() })
}

fn page_text(outline: &Outline) -> String {
    let blocks = outline.blocks.iter().take(60);
    blocks.map(|block| block.text.to_lowercase()).collect::<Vec<_>>().join(" ")
}

/// Whether most of the page's text is links.
fn is_listing(outline: &Outline) -> bool {
    let (linked, weight) =
        outline.blocks.iter().fold((0, 0), |(linked, weight), b| (linked + b.linked, weight + b.weight));
    linked * 2 > weight && outline.blocks.len() > 20
}
