//! What a reader needs before and beside the operations: first call, conventions, keys, limits, test cards, error codes.

use std::fmt::Write;

use super::{html::Text, lang::Lang};
use crate::http::problem::Code;

/// A chapter: anchor, title in both languages, text in both languages.
pub(super) struct Chapter {
    /// Its anchor.
    pub(super) id: &'static str,
    titles: (&'static str, &'static str),
    texts: (&'static str, &'static str),
}

impl Chapter {
    /// Its title.
    pub(super) fn title(&self, lang: Lang) -> &'static str {
        lang.pick(self.titles.0, self.titles.1)
    }

    /// Writes it.
    pub(super) fn write(&self, out: &mut String, lang: Lang) {
        let text = lang.pick(self.texts.0, self.texts.1);
        let _ = write!(
            out,
            "<section class=\"chapter\" id=\"{}\"><h2>{}</h2>{text}</section>",
            self.id,
            self.title(lang)
        );
    }
}

/// The chapters, in reading order.
pub(super) const CHAPTERS: [Chapter; 5] = [
    Chapter {
        id: "start",
        titles: ("첫 결제", "A first payment"),
        texts: (include_str!("guide/start.ko.html"), include_str!("guide/start.en.html")),
    },
    Chapter {
        id: "conventions",
        titles: ("약속", "Conventions"),
        texts: (include_str!("guide/conventions.ko.html"), include_str!("guide/conventions.en.html")),
    },
    Chapter {
        id: "keys",
        titles: ("멱등 키", "Idempotency keys"),
        texts: (include_str!("guide/keys.ko.html"), include_str!("guide/keys.en.html")),
    },
    Chapter {
        id: "rate-limits",
        titles: ("한도", "Limits"),
        texts: (include_str!("guide/limits.ko.html"), include_str!("guide/limits.en.html")),
    },
    Chapter {
        id: "cards",
        titles: ("테스트 카드", "Test cards"),
        texts: (include_str!("guide/cards.ko.html"), include_str!("guide/cards.en.html")),
    },
];

/// The table of error codes: one anchor a code, because every problem links to its own.
pub(super) fn errors(out: &mut String, lang: Lang) {
    let (status, code, todo) =
        lang.pick(("상태", "코드", "뜻과 할 일"), ("Status", "Code", "Meaning and what to do"));
    let _ = write!(
        out,
        "<table class=\"errors\"><thead><tr><th>{status}</th><th>{code}</th><th>{todo}</th></tr></thead><tbody>"
    );
    for error in Code::ALL {
        let advice = lang.pick(error.advice_ko(), error.advice());
        let _ = write!(
            out,
            "<tr id=\"{0}\"><td class=\"number\">{1}</td><th scope=\"row\"><a href=\"#{0}\"><code>{0}</code></a></th>\
             <td><p>{2}</p><p class=\"bounds\">{3}</p></td></tr>",
            error.as_str(),
            error.status_number(),
            Text(lang.pick(error.title_ko(), error.title())),
            Text(advice)
        );
    }
    out.push_str("</tbody></table>");
}
