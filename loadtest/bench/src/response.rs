//! What is read of an answer: its status, its length, and the payment's number. Nothing else is looked at.

/// A complete answer at the beginning of a buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Where its body begins.
    pub(crate) body_at: usize,
    /// Where it ends.
    pub(crate) end: usize,
}

/// The bytes are no HTTP/1.1 answer with a length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unreadable;

/// `Ok(None)` while the answer is not complete.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Answer>, Unreadable> {
    let Some(head_end) = find(bytes, b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = &bytes[..head_end];
    let status =
        head.get(9..12).and_then(number).and_then(|status| u16::try_from(status).ok()).ok_or(Unreadable)?;
    let length = content_length(head).ok_or(Unreadable)?;
    let body_at = head_end + 4;
    let end = body_at + length;
    Ok((bytes.len() >= end).then_some(Answer { status, body_at, end }))
}

/// The number after `"paymentId":`.
pub(crate) fn payment_id(body: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"\"paymentId\":";
    let from = find(body, NAME)? + NAME.len();
    let digits = body[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    number(&body[from..from + digits])
}

fn content_length(head: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let line = head
        .split(|byte| *byte == b'\n')
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    number(line[NAME.len()..].trim_ascii()).and_then(|length| usize::try_from(length).ok())
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 16\r\n\r\n{\"paymentId\":42}";

    #[test]
    fn an_answer_is_read_once_it_is_complete() {
        for end in 0..WHOLE.len() {
            assert_eq!(parse(&WHOLE[..end]), Ok(None), "{end}");
        }
        let answer = parse(WHOLE).unwrap().unwrap();
        assert_eq!((answer.status, answer.end), (200, WHOLE.len()));
        assert_eq!(payment_id(&WHOLE[answer.body_at..answer.end]), Some(42));
    }

    #[test]
    fn an_answer_without_a_length_is_refused() {
        assert_eq!(parse(b"HTTP/1.1 200 OK\r\n\r\n"), Err(Unreadable));
        assert_eq!(parse(b"nonsense\r\n\r\n"), Err(Unreadable));
    }
}
