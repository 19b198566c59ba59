//! Dead letters and the audit log.

#![expect(missing_docs, reason = "the names of the tests are sentences that say what they check")]

use std::collections::HashSet;

use bytes::Bytes;
use domain::{
    id::{DeadLetterId, EventId, Lane, PaymentId, Seq},
    operator::Role,
};
use engine::ports::{
    AuditEntry, AuditFilter, Clock, DeadLetter, DeadLetterFilter, DeadLetterMove, DeadLetterReason,
    DeadLetterState, NewDeadLetter, PostingChanges, PostingScope, StoreError,
};

use super::{Scribe, StoreUnderTest, postings::commit, scribe::digest};

pub async fn a_record_is_parked_once(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let first = letter(1);
    park(&scribe, vec![first.clone(), first.clone()]).await;
    it.clock.advance_seconds(5);
    park(&scribe, vec![NewDeadLetter { message: "read again".to_owned(), ..first.clone() }]).await;
    let parked = all(&scribe).await;
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].letter, first, "it stays as it was parked");

    // Anything else about it makes it another record.
    let others = [
        NewDeadLetter { topic: "Payment.Authorized".into(), ..first.clone() },
        NewDeadLetter { partition: 1, ..first.clone() },
        NewDeadLetter { offset: -1, ..first.clone() },
        NewDeadLetter { payload_sha256: digest(99), ..first },
    ];
    park(&scribe, others.to_vec()).await;
    assert_eq!(all(&scribe).await.len(), 5);
}

pub async fn a_dead_letter_comes_back_as_it_was_parked(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let bare = NewDeadLetter { event: None, payment: None, payload: Bytes::new(), ..letter(7) };
    let forged = EventId { lane: Lane(u16::MAX), seq: Seq(u64::MAX) };
    let odd = NewDeadLetter {
        topic: "payment.그런-것-없음 ".into(),
        partition: i32::MIN,
        offset: i64::MAX,
        payload: (0..=255).collect(),
        event: Some(forged),
        payment: PaymentId::new(domain::id::ID_MAX),
        ..letter(8)
    };
    for letter in [bare, odd] {
        park(&scribe, vec![letter.clone()]).await;
        let found = all(&scribe).await.remove(0);
        let at = it.clock.now();
        let id = found.id;
        let state = DeadLetterState::Open;
        let expected = DeadLetter {
            id,
            letter,
            state,
            attempts: 1,
            created_at: at,
            updated_at: at,
            note: None,
            published_at: None,
        };
        assert_eq!(found, expected);
        assert_eq!(scribe.snapshot().await.dead_letter_find(id).await.unwrap(), Some(expected));
    }
    let unknown = DeadLetterId::new(domain::id::ID_MAX).unwrap();
    assert_eq!(scribe.snapshot().await.dead_letter_find(unknown).await.unwrap(), None);
}

pub async fn dead_letters_are_published_once_and_in_order(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    park(&scribe, (1..=4).map(letter).collect()).await;
    let waiting = async |limit| {
        let waiting = scribe.snapshot().await.dead_letter_unpublished(limit).await.unwrap();
        waiting.into_iter().map(|letter| letter.letter.offset).collect::<Vec<_>>()
    };
    assert_eq!(waiting(10).await, [1, 2, 3, 4]);
    assert_eq!(waiting(3).await, [1, 2, 3]);
    let ids: Vec<DeadLetterId> = all(&scribe).await.iter().rev().map(|letter| letter.id).collect();
    let first = it.clock.now();
    it.store.dead_letter_published(&ids[..2], first).await.unwrap();
    it.clock.advance_seconds(5);
    it.store.dead_letter_published(&ids[1..3], it.clock.now()).await.unwrap();
    it.store.dead_letter_published(&[], it.clock.now()).await.unwrap();
    assert_eq!(waiting(10).await, [4]);
    let noted: Vec<_> = all(&scribe).await.iter().rev().map(|letter| letter.published_at).collect();
    assert_eq!(noted, [Some(first), Some(first), Some(it.clock.now()), None], "the first time stays");
}

pub async fn a_dead_letter_moves_only_from_the_state_it_is_in(it: &StoreUnderTest) {
    use DeadLetterState::{Discarded, Held, Open};
    let scribe = Scribe::new(it);
    park(&scribe, vec![letter(1)]).await;
    let parked = all(&scribe).await.remove(0);
    it.clock.advance_seconds(60);
    let change = |from, to, note: Option<&str>| DeadLetterMove {
        id: parked.id,
        from,
        to,
        tried: false,
        note: note.map(str::to_owned),
    };
    it.store.dead_letter_move(&change(Open, Held, Some("wait for 은행")), &audit(it, "hold")).await.unwrap();
    let held = scribe.snapshot().await.dead_letter_find(parked.id).await.unwrap().unwrap();
    assert_eq!((held.state, held.attempts, held.note.as_deref()), (Held, 1, Some("wait for 은행")));
    assert_eq!((held.created_at, held.updated_at), (parked.created_at, it.clock.now()));

    let again = it.store.dead_letter_move(&change(Open, Discarded, None), &audit(it, "discard")).await;
    assert!(matches!(again, Err(StoreError::Fenced { .. })));
    let unknown = DeadLetterMove { id: DeadLetterId::new(999).unwrap(), ..change(Open, Held, None) };
    let unknown = it.store.dead_letter_move(&unknown, &audit(it, "hold")).await;
    assert!(matches!(unknown, Err(StoreError::Fenced { .. })));
    let log = scribe.snapshot().await.audit_list(&AuditFilter::default(), None, 10).await.unwrap();
    assert_eq!(
        log.rows,
        [AuditEntry { at: held.updated_at, ..audit(it, "hold") }],
        "what was refused is not noted"
    );
}

pub async fn a_redrive_closes_its_dead_letter_with_the_posting(it: &StoreUnderTest) {
    use DeadLetterState::{Open, Redriven};
    let scribe = Scribe::new(it);
    park(&scribe, vec![letter(1)]).await;
    let parked = all(&scribe).await.remove(0);
    scribe.authorize(scribe.birth("M1", 10)).await;
    let events = scribe.unposted().await;
    let redrive = |from, to| DeadLetterMove { id: parked.id, from, to, tried: true, note: None };

    let scope = PostingScope { dead_letter: Some(parked.id), ..PostingScope::default() };
    let mut posting = it.store.posting_open(&scope).await.unwrap();
    assert_eq!(posting.take_state().dead_letter.as_ref(), Some(&parked));
    let mut changes = scribe.changes_of(&events);
    changes.dead_letter = Some(redrive(Open, Redriven));
    changes.audit = Some(audit(it, "redrive"));
    posting.commit(&changes).await.unwrap();
    let mut snapshot = scribe.snapshot().await;
    let closed = snapshot.dead_letter_find(parked.id).await.unwrap().unwrap();
    assert_eq!((closed.state, closed.attempts), (Redriven, 2));
    assert!(snapshot.journal_find(events[0].id).await.unwrap().is_some());
    assert_eq!(
        snapshot.audit_list(&AuditFilter::default(), None, 10).await.unwrap().rows,
        [audit(it, "redrive")]
    );
    drop(snapshot);

    let second = PostingChanges { dead_letter: Some(redrive(Open, Redriven)), ..PostingChanges::default() };
    assert!(matches!(commit(&scribe, &second).await, Err(StoreError::Fenced { .. })));
}

pub async fn dead_letters_are_filtered_paged_and_counted(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut letters: Vec<NewDeadLetter> = (1..=5).map(letter).collect();
    letters[1].reason = DeadLetterReason::Foreign;
    letters[2].topic = "other".into();
    letters[3].payment = PaymentId::new(4444);
    park(&scribe, letters.clone()).await;
    let parked = all(&scribe).await;
    assert_eq!(parked.iter().map(|letter| letter.letter.offset).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    let (from, to) = (DeadLetterState::Open, DeadLetterState::Held);
    let hold = DeadLetterMove { id: parked[0].id, from, to, tried: false, note: None };
    it.store.dead_letter_move(&hold, &audit(it, "hold")).await.unwrap();

    let none = DeadLetterFilter::default;
    let states = |states: &[DeadLetterState]| DeadLetterFilter { states: states.to_vec(), ..none() };
    let cases = [
        (none(), vec![5, 4, 3, 2, 1]),
        (states(&[to]), vec![5]),
        (states(&[from, to]), vec![5, 4, 3, 2, 1]),
        (states(&[DeadLetterState::Discarded]), vec![]),
        (DeadLetterFilter { reason: Some(DeadLetterReason::Foreign), ..none() }, vec![2]),
        (DeadLetterFilter { topic: Some("other".into()), ..none() }, vec![3]),
        (DeadLetterFilter { topic: Some("Other".into()), ..none() }, vec![]),
        (DeadLetterFilter { payment: PaymentId::new(4444), ..none() }, vec![4]),
        (DeadLetterFilter { payload_sha256: Some(letters[0].payload_sha256), ..none() }, vec![1]),
        (DeadLetterFilter { payment: PaymentId::new(4444), ..states(&[to]) }, vec![]),
    ];
    let mut snapshot = scribe.snapshot().await;
    for (filter, expected) in cases {
        for limit in [1, 2, 10] {
            let (mut offsets, mut before) = (Vec::new(), None);
            loop {
                let page = snapshot.dead_letter_list(&filter, before, limit).await.unwrap();
                assert!(page.rows.len() <= limit);
                offsets.extend(page.rows.iter().map(|letter| letter.letter.offset));
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(offsets, expected, "{filter:?}");
        }
    }
    let counted: HashSet<_> = snapshot.dead_letter_count().await.unwrap().into_iter().collect();
    let schema = DeadLetterReason::Schema;
    assert_eq!(
        counted,
        HashSet::from([(from, schema, 3), (from, DeadLetterReason::Foreign, 1), (to, schema, 1)])
    );
}

pub async fn a_page_of_dead_letters_is_no_longer_than_memory_bears(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let long = Bytes::from(vec![b'x'; 1 << 20]);
    for number in 1..=12 {
        park(&scribe, vec![NewDeadLetter { payload: long.clone(), ..letter(number) }]).await;
    }
    let mut snapshot = scribe.snapshot().await;
    let (mut offsets, mut before) = (Vec::new(), None);
    loop {
        let page = snapshot.dead_letter_list(&DeadLetterFilter::default(), before, 100).await.unwrap();
        assert!((1..=8).contains(&page.rows.len()), "{}", page.rows.len());
        assert!(page.rows.iter().all(|letter| letter.letter.payload == long));
        offsets.extend(page.rows.iter().map(|letter| letter.letter.offset));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(offsets, (1..=12).rev().collect::<Vec<_>>());
}

pub async fn parked_events_that_may_be_redriven_are_told_by_lane(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut letters: Vec<NewDeadLetter> = (1..=5).map(letter).collect();
    let elsewhere = EventId { lane: Lane(10), seq: Seq(2) };
    letters[1].event = Some(elsewhere);
    letters[2].reason = DeadLetterReason::Foreign;
    letters[3].event = None;
    park(&scribe, letters).await;
    let parked = all(&scribe).await;
    let (from, to) = (DeadLetterState::Open, DeadLetterState::Held);
    let hold = DeadLetterMove { id: parked[0].id, from, to, tried: false, note: None };
    it.store.dead_letter_move(&hold, &audit(it, "hold")).await.unwrap();
    let place = |number| EventId { lane: Lane(0), seq: Seq(number) };
    let mut snapshot = scribe.snapshot().await;
    assert_eq!(snapshot.dead_letter_places(Lane(0)).await.unwrap(), [place(1), place(5)]);
    assert_eq!(snapshot.dead_letter_places(Lane(10)).await.unwrap(), [elsewhere]);
    assert_eq!(snapshot.dead_letter_places(Lane(1)).await.unwrap(), []);
    drop(snapshot);

    let discard = DeadLetterMove { to: DeadLetterState::Discarded, id: parked[4].id, ..hold };
    it.store.dead_letter_move(&discard, &audit(it, "discard")).await.unwrap();
    let left = scribe.snapshot().await.dead_letter_places(Lane(0)).await.unwrap();
    assert_eq!(left, [place(5)], "what was given up is over");
}

pub async fn the_audit_log_is_read_newest_first(it: &StoreUnderTest) {
    let scribe = Scribe::new(it);
    let mut noted = Vec::new();
    for number in 0..5 {
        it.clock.advance_seconds(1);
        let reason = if number == 2 { None } else { Some("왜냐하면".into()) };
        let entry = AuditEntry { reason, ..audit(it, &format!("action {number}")) };
        let changes = PostingChanges { audit: Some(entry.clone()), ..PostingChanges::default() };
        commit(&scribe, &changes).await.unwrap();
        noted.insert(0, entry);
    }
    let mut snapshot = scribe.snapshot().await;
    for limit in [1, 2, 5, 9] {
        let (mut read, mut before) = (Vec::new(), None);
        loop {
            let page = snapshot.audit_list(&AuditFilter::default(), before, limit).await.unwrap();
            read.extend(page.rows);
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        assert_eq!(read, noted);
    }
}

fn letter(number: u64) -> NewDeadLetter {
    NewDeadLetter {
        topic: "payment.authorized".into(),
        partition: 0,
        offset: i64::try_from(number).unwrap(),
        payload: Bytes::from_static(b"{not json"),
        payload_sha256: digest(number),
        event: Some(EventId { lane: Lane(0), seq: Seq(number) }),
        payment: PaymentId::new(17),
        reason: DeadLetterReason::Schema,
        message: "필드 `seq` 없음".to_owned(),
    }
}

fn audit(it: &StoreUnderTest, action: &str) -> AuditEntry {
    AuditEntry {
        actor: "loopback".into(),
        role: Some(Role::Operator),
        action: action.into(),
        object: "dead_letter/1".into(),
        reason: Some("확인함".into()),
        outcome: Some("done".into()),
        request_id: "r-1".into(),
        at: it.clock.now(),
    }
}

async fn park(scribe: &Scribe, dead_letters: Vec<NewDeadLetter>) {
    commit(scribe, &PostingChanges { dead_letters, ..PostingChanges::default() }).await.unwrap();
}

async fn all(scribe: &Scribe) -> Vec<DeadLetter> {
    scribe.snapshot().await.dead_letter_list(&DeadLetterFilter::default(), None, 100).await.unwrap().rows
}
