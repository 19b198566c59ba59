//! Recognises card numbers, however they are written, so that none is ever stored or logged.
//!
//! Whoever pastes a number out of a document brings its typography along: no-break spaces, long dashes, full-width digits.
//! All of them are read as what they stand for before the digits are checked.

/// Code points that are zero in some script; the nine that follow are its other digits (Unicode category Nd).
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x1_04a0, 0x1_0d30, 0x1_1066,
    0x1_10f0, 0x1_1136, 0x1_11d0, 0x1_12f0, 0x1_1450, 0x1_14d0, 0x1_1650, 0x1_16c0, 0x1_1730, 0x1_18e0,
    0x1_1950, 0x1_1c50, 0x1_1d50, 0x1_1da0, 0x1_6a60, 0x1_6ac0, 0x1_6b50, 0x1_d7ce, 0x1_d7d8, 0x1_d7e2,
    0x1_d7ec, 0x1_d7f6, 0x1_e140, 0x1_e2f0, 0x1_e950, 0x1_fbf0,
];

/// Whether `text` is, spaces and dashes of every kind removed, 13–19 digits of any script, starting with 2–6, that pass the Luhn
/// check (ISO/IEC 7812-1).
pub fn looks_like_card_number(text: &str) -> bool {
    let mut digits = [0_u8; 19];
    let mut length = 0_usize;
    for character in text.chars() {
        let Some(digit) = digit(character) else {
            if separates(character) {
                continue;
            }
            return false;
        };
        let Some(slot) = digits.get_mut(length) else { return false };
        *slot = digit;
        length = length.saturating_add(1);
    }
    let Some(number) = digits.get(..length) else { return false };
    length >= 13 && matches!(number.first(), Some(2..=6)) && luhn(number)
}

/// The digit a character shows: of any script, raised, lowered or in a circle.
fn digit(character: char) -> Option<u8> {
    if character.is_ascii() {
        return character.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
    }
    let code = u32::from(character);
    let (zero, ones) = match code {
        0xb9 => (0xb8, 1..=1),
        0xb2..=0xb3 => (0xb0, 2..=3),
        0x2070 | 0x2074..=0x2079 => (0x2070, 0..=9),
        0x2080..=0x2089 => (0x2080, 0..=9),
        0x2460..=0x2468 => (0x245f, 1..=9),
        0x24ea => (0x24ea, 0..=0),
        _ => {
            let after = ZEROS.partition_point(|zero| *zero <= code);
            (*ZEROS.get(after.checked_sub(1)?)?, 0..=9)
        }
    };
    let digit = u8::try_from(code.checked_sub(zero)?).ok()?;
    ones.contains(&digit).then_some(digit)
}

/// Spaces and dashes of every kind, and what is not seen at all.
fn separates(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}'
            // Hyphens, dashes, the minus sign, raised and lowered ones.
            | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{207b}' | '\u{208b}' | '\u{2212}' | '\u{2796}' | '\u{2e17}'
            | '\u{2e1a}' | '\u{2e3a}'..='\u{2e3b}' | '\u{2e40}' | '\u{2e5d}' | '\u{301c}' | '\u{3030}' | '\u{30a0}'
            | '\u{30fc}' | '\u{fe31}'..='\u{fe32}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{ff70}' | '\u{10ead}'
            // Soft hyphens, joiners, marks of direction, the byte order mark.
            | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

fn luhn(digits: &[u8]) -> bool {
    let weighted = digits.iter().rev().enumerate().map(|(place, &digit)| {
        let doubled = digit.saturating_mul(2);
        match place.is_multiple_of(2) {
            true => u32::from(digit),
            false if doubled > 9 => u32::from(doubled.saturating_sub(9)),
            false => u32::from(doubled),
        }
    });
    weighted.sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_recognised_in_every_spelling() {
        for card in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "5555-5555-5555-4444",
            "2223003122003222",
            "6011111111111117",
            // No-break, thin and ideographic spaces; dashes, minus signs, soft hyphens; tabs and line feeds.
            "4242\u{a0}4242\u{2009}4242\u{3000}4242",
            "4242‐4242–4242—4242",
            "4242−4242\u{ad}4242－4242",
            "4242\t4242\n4242\u{200b}4242",
            // Full-width, Arabic-Indic, mathematical, raised, lowered, circled.
            "４２４２４２４２４２４２４２４２",
            "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢",
            "𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐",
            "⁴²⁴²⁴²⁴²₄₂₄₂₄₂₄₂",
            "④②④②④②④②④②④②④②④②",
        ] {
            assert!(looks_like_card_number(card), "{card}");
        }
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for other in [
            "4242424242424241",
            "1234567890123",
            "010-1234-5678",
            "9424242424242424",
            "",
            "4242a42424242424242",
            "４２４２ ４２４２ ４２４２ ４２４１",
            "四二四二四二四二四二四二四二四二",
        ] {
            assert!(!looks_like_card_number(other), "{other}");
        }
        assert!(!looks_like_card_number(&"4".repeat(40)));
    }

    #[test]
    fn every_character_is_the_digit_it_shows() {
        for (text, shown) in [("0９", [0, 9]), ("²³", [2, 3]), ("¹⁰", [1, 0]), ("⓪⑨", [0, 9]), ("٠٩", [0, 9])]
        {
            let digits: Vec<_> = text.chars().map(digit).collect();
            assert_eq!(digits, shown.map(Some), "{text}");
        }
        for character in ['a', '/', ':', '°', '\u{2071}', '⑩', '\u{66a}', '\u{10ffff}'] {
            assert_eq!(digit(character), None, "{character}");
        }
        assert!(ZEROS.is_sorted(), "zeros are found by halving");
    }
}
