//! What is sent: bytes put together from fixed parts and three numbers, without formatting or JSON.

use clap::ValueEnum;

/// What each caller does, again and again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Scenario {
    /// Authorize
    Authorize,
    /// Authorize, capture it, refund it
    Flow,
    /// Authorize requests to a server that answers anything; the answers are not read
    Echo,
}

/// One call of a scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Reserve funds.
    Authorize,
    /// Take them.
    Capture,
    /// Give them back.
    Refund,
}

impl Step {
    /// Every step, in the order of a flow.
    pub(crate) const ALL: [Self; 3] = [Self::Authorize, Self::Capture, Self::Refund];

    /// The step that follows in `scenario` once this one has succeeded; `None` when it starts over.
    pub(crate) fn next(self, scenario: Scenario) -> Option<Self> {
        match (scenario, self) {
            (Scenario::Authorize | Scenario::Echo, _) | (Scenario::Flow, Self::Refund) => None,
            (Scenario::Flow, Self::Authorize) => Some(Self::Capture),
            (Scenario::Flow, Self::Capture) => Some(Self::Refund),
        }
    }

    /// Its name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Refund => "refund",
        }
    }
}

/// Digits of a merchant's number and of a key, so that every body of a step has the same length.
const MERCHANT_DIGITS: usize = 6;
const KEY_DIGITS: usize = 16;

/// Renders requests with keys that occur once.
#[derive(Debug)]
pub(crate) struct Requests {
    run: u64,
    serial: u64,
    merchants: u32,
    hot_percent: u32,
}

/// What makes one call: its step, its merchant, and the payment it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Call {
    pub(crate) step: Step,
    pub(crate) merchant: u32,
    pub(crate) payment: u64,
}

impl Requests {
    /// Keys of this run begin with `run`.
    pub(crate) fn new(run: u64, merchants: u32, hot_percent: u32) -> Self {
        Self { run, serial: 0, merchants: merchants.max(1), hot_percent }
    }

    /// Whose turn it is. Number 0 is the hot merchant, the others take turns.
    pub(crate) fn merchant(&self) -> u32 {
        let turn = u32::try_from(self.serial % 100).unwrap_or(0);
        // 37 is coprime to 100: the hot calls are spread evenly over every hundred.
        if turn * 37 % 100 < self.hot_percent {
            0
        } else {
            u32::try_from(self.serial % u64::from(self.merchants)).unwrap_or(0)
        }
    }

    /// Replaces `out` by the request for `call`, with a fresh key.
    pub(crate) fn render(&mut self, call: Call, out: &mut Vec<u8>) {
        self.serial += 1;
        out.clear();
        let (path, tail): (&[u8], &[u8]) = match call.step {
            Step::Authorize => (b"POST /payments/authorize", br#","amount":10000,"currency":"KRW"}"#),
            Step::Capture => (b"POST /payments/capture/", b"}"),
            Step::Refund => (b"POST /payments/refund/", br#","reason":"bench"}"#),
        };
        const BEFORE_MERCHANT: &[u8] = br#"{"merchantId":"B"#;
        const BEFORE_KEY: &[u8] = br#"","idempotencyKey":""#;
        let length =
            BEFORE_MERCHANT.len() + MERCHANT_DIGITS + BEFORE_KEY.len() + 2 * KEY_DIGITS + 1 + tail.len();
        out.extend_from_slice(path);
        if call.step != Step::Authorize {
            push_number(out, call.payment, 1);
        }
        out.extend_from_slice(
            b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ",
        );
        push_number(out, length as u64, 1);
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(BEFORE_MERCHANT);
        push_number(out, u64::from(call.merchant), MERCHANT_DIGITS);
        out.extend_from_slice(BEFORE_KEY);
        push_number(out, self.run, KEY_DIGITS);
        push_number(out, self.serial, KEY_DIGITS);
        out.push(b'"');
        out.extend_from_slice(tail);
    }
}

/// Appends `number` in decimal with at least `width` digits.
fn push_number(out: &mut Vec<u8>, number: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    let mut rest = number;
    while rest > 0 || digits.len() - at < width {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body_of(request: &[u8]) -> (String, usize, usize) {
        let text = String::from_utf8(request.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = head.rsplit(": ").next().unwrap().parse().unwrap();
        (body.to_owned(), body.len(), length)
    }

    #[test]
    fn every_request_is_json_and_says_its_length() {
        let mut requests = Requests::new(1_763_800_000_000_000, 100, 0);
        let mut out = Vec::new();
        for step in Step::ALL {
            requests.render(Call { step, merchant: 42, payment: 987 }, &mut out);
            let (body, actual, announced) = body_of(&out);
            assert_eq!(actual, announced);
            let json: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert_eq!(json["merchantId"], "B000042");
        }
        assert!(String::from_utf8_lossy(&out).starts_with("POST /payments/refund/987 HTTP/1.1\r\n"));
    }

    #[test]
    fn no_key_occurs_twice() {
        let mut requests = Requests::new(7, 100, 0);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let call = Call { step: Step::Authorize, merchant: 1, payment: 0 };
        requests.render(call, &mut first);
        requests.render(call, &mut second);
        assert_ne!(first, second);
        assert_eq!(first.len(), second.len());
    }

    #[test]
    fn the_hot_merchant_gets_its_share() {
        let mut requests = Requests::new(7, 1000, 30);
        let mut out = Vec::new();
        let mut hot = 0;
        for _ in 0..1000 {
            let merchant = requests.merchant();
            hot += u32::from(merchant == 0);
            requests.render(Call { step: Step::Authorize, merchant, payment: 0 }, &mut out);
        }
        assert!((300..=310).contains(&hot), "{hot}");
    }
}
