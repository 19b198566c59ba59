//! Admins who act at the same moment.

use super::*;

/// The first admin and a second one, each with a session.
async fn two_admins(books: &Books) -> [(&'static str, String); 2] {
    let root = admin(books).await;
    let body = json!({"name": "kim", "role": "admin"});
    let added = call(books, Method::POST, "/operators", (&root, &body)).await.json();
    let link = added["link"].as_str().unwrap().split("link=").nth(1).unwrap().to_owned();
    let kim = cookie(&redeem(books, &link, None).await);
    [("root", root), ("kim", kim)]
}

async fn change(books: &Books, proof: &str, name: &str, body: &Value) -> Answer {
    call(books, Method::PUT, &format!("/operators/{name}"), (proof, body)).await
}

/// Who is an admin and may sign in.
async fn admins(books: &Books) -> Vec<String> {
    let operators = books.state.store.snapshot().await.unwrap().operator_list().await.unwrap();
    let admins = operators.iter().filter(|operator| operator.role == Role::Admin && operator.is_active());
    admins.map(|operator| operator.name.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_admins_who_take_the_others_role_at_once_one_stays() {
    let books = books();
    let [(one, ones), (other, others)] = two_admins(&books).await;
    for round in 0..20 {
        let viewer = json!({"role": "viewer"});
        let (first, second) =
            tokio::join!(change(&books, &ones, other, &viewer), change(&books, &others, one, &viewer));
        let mut said = [first.status.as_u16(), second.status.as_u16()];
        said.sort_unstable();
        assert!(said[0] == 200 && [403, 409].contains(&said[1]), "round {round}: {said:?}");
        let left = admins(&books).await;
        assert_eq!(left.len(), 1, "round {round}: {left:?}");
        let (proof, lost) = if left[0] == one { (&ones, other) } else { (&others, one) };
        assert_eq!(change(&books, proof, lost, &json!({"role": "admin"})).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_admins_who_disable_each_other_at_once_one_stays_and_the_others_session_is_over() {
    let books = books();
    let [(one, ones), (other, others)] = two_admins(&books).await;
    let disabled = json!({"disabled": true});
    let (first, second) =
        tokio::join!(change(&books, &ones, other, &disabled), change(&books, &others, one, &disabled));
    let mut said = [first.status.as_u16(), second.status.as_u16()];
    said.sort_unstable();
    assert!(said[0] == 200 && [401, 409].contains(&said[1]), "{said:?}");
    let left = admins(&books).await;
    assert_eq!(left.len(), 1, "{left:?}");
    for (name, proof) in [(one, &ones), (other, &others)] {
        let expected = if left[0] == name { 200 } else { 401 };
        let answer = call(&books, Method::GET, "/operators", (proof, &Value::Null)).await;
        assert_eq!(answer.status, expected, "{name}");
    }
}
