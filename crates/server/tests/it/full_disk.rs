//! A disk without space, and directories that cannot be written.
//!
//! The disk is a small one in memory, mounted where only the platform sees it (a mount namespace). That needs root, or a
//! kernel that gives users namespaces of their own; where there is neither, these tests fail and say so: they cannot tell
//! whether the platform is right.

use std::{
    fs::{self, File},
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    process::Command,
};

use bytes::Bytes;
use serde_json::json;
use testkit::{
    http::{HttpAnswer, HttpClient},
    process::{Launch, Running},
};
use tokio::task::JoinSet;

use crate::common::{all, authorize, drained, launch, text, verify};

/// Callers that fill the disk.
const CALLERS: usize = 8;
/// How `unshare` is asked: by root, and by anybody else.
const NAMESPACES: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];

/// A disk of its own.
struct Disk {
    mount_point: PathBuf,
    namespace: &'static [&'static str],
}

/// One call and the first answer it had that was not 503.
#[derive(Debug)]
struct Call {
    merchant: String,
    body: String,
    answer: Option<Bytes>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_goes_on_when_there_is_space_again() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::at(folder.path().join("disk"));
    let plain = launch(&disk.mount_point);
    let launch = plain.clone().wrapped(disk.mounting("size=8m", "head -c 3145728 /dev/zero > ballast"));
    let server = launch.up().await;
    let client = HttpClient::new(server.url());

    let mut calls = fill(&client).await;
    let answered = calls.iter().filter(|call| call.answer.is_some()).count();
    println!("{answered} payments until the disk was full");
    assert!(answered > 0, "the disk was full before the first payment");
    let inside = plain.clone().wrapped(disk.beside(&server));
    verify(&inside, &server);
    // 503 promises that nothing happened, and reads go on.
    assert_eq!(all(&client, "/payments").await.len(), answered);

    fs::remove_file(disk.seen_by(&server).join("ballast")).unwrap();
    for call in calls.iter_mut().filter(|call| call.answer.is_none()) {
        let answer = call.again(&client).await;
        assert_eq!((answer.status, answer.replayed()), (200, false), "{:?}", answer.body);
        call.answer = Some(answer.body);
    }
    authorize(&client, "later", "later", 1_000).await;
    check(&client, &calls).await;
    verify(&inside, &server);

    // What is really on that disk: the files as they are after a crash, opened elsewhere.
    let copy = folder.path().join("copy");
    let kept = File::open(disk.seen_by(&server).join("data")).unwrap();
    server.kill();
    copy_files(&kept, &copy);
    let elsewhere = plain.on(&copy);
    let server = elsewhere.up().await;
    check(&HttpClient::new(server.url()), &calls).await;
    verify(&elsewhere, &server);
}

#[test]
fn a_disk_that_is_full_at_the_start_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::at(folder.path().join("disk"));
    refuses_to_start(&launch(&disk.mount_point), disk.mounting("size=64k", "true"));
}

#[test]
fn a_data_directory_that_cannot_be_written_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::at(folder.path().join("disk"));
    refuses_to_start(&launch(&disk.mount_point), disk.mounting("ro", "true"));
    fs::create_dir(disk.mount_point.join("data")).unwrap();
    refuses_to_start(&launch(&disk.mount_point), disk.binding_read_only());
}

#[test]
fn a_file_in_place_of_the_data_directory_is_a_clear_error_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let launch = launch(folder.path());
    fs::write(launch.data_dir(), "somebody's file").unwrap();
    refuses_to_start(&launch, Vec::new());
    assert_eq!(fs::read(launch.data_dir()).unwrap(), b"somebody's file");
}

/// Ends by itself, not with 0, and names the directory.
fn refuses_to_start(launch: &Launch, through: Vec<String>) {
    // What starts after all must not hold up the test for ever.
    let deadline = ["timeout", "60"].map(str::to_owned).to_vec();
    let output = launch.clone().wrapped([deadline, through].concat()).run(&["up", "--port", "0"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}: {said}", output.status);
    assert!(said.contains(&*launch.data_dir().to_string_lossy()), "does not name its directory: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

/// Calls until every caller has met 503.
async fn fill(client: &HttpClient) -> Vec<Call> {
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let client = client.clone();
        callers.spawn(async move {
            let mut calls = Vec::new();
            loop {
                let mut call = Call::new(number, calls.len());
                let answer = call.again(&client).await;
                let full = answer.status == 503;
                if full {
                    assert_eq!(answer.json()["code"], "UNAVAILABLE", "{:?}", answer.body);
                    let message = answer.json()["message"].to_string();
                    assert!(message.contains("the store"), "it says what is full: {message}");
                    assert!(!answer.header("retry-after").is_empty(), "{:?}", answer.headers);
                } else {
                    assert_eq!(answer.status, 200, "{:?}", answer.body);
                    call.answer = Some(answer.body);
                }
                calls.push(call);
                if full {
                    return calls;
                }
            }
        });
    }
    callers.join_all().await.into_iter().flatten().collect()
}

/// Every answered call is there, word for word, and nothing else but the one later payment.
async fn check(client: &HttpClient, calls: &[Call]) {
    for call in calls {
        let again = call.again(client).await;
        assert_eq!((again.status, Some(&again.body)), (200, call.answer.as_ref()), "{}", call.merchant);
        assert!(again.replayed(), "{} was answered and is gone", call.merchant);
    }
    drained(client).await;
    assert_eq!(all(client, "/payments").await.len(), calls.len() + 1);
    assert_eq!(all(client, "/ledger/entries").await.len(), calls.len() + 1);
}

fn copy_files(from: &File, to: &Path) {
    fs::create_dir(to).unwrap();
    for file in fs::read_dir(format!("/proc/self/fd/{}", from.as_raw_fd())).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

impl Call {
    /// With as many notes as a payment may carry, so that the disk fills soon.
    fn new(caller: usize, number: usize) -> Self {
        let merchant = format!("disk-{caller}");
        let notes: serde_json::Map<String, serde_json::Value> =
            (0..20).map(|note| (format!("note-{note}"), json!("x".repeat(500)))).collect();
        let body = json!({
            "merchantId": merchant, "amount": 1_000, "currency": "KRW", "metadata": notes,
            "idempotencyKey": format!("{merchant}-{number}"),
        });
        Self { merchant, body: body.to_string(), answer: None }
    }

    async fn again(&self, client: &HttpClient) -> HttpAnswer {
        client.post("/payments/authorize", self.body.clone()).await.unwrap()
    }
}

impl Disk {
    fn at(mount_point: PathBuf) -> Self {
        fs::create_dir(&mount_point).unwrap();
        let works = |flags: &&&[&str]| {
            let mut unshare = Command::new("unshare");
            let mount = unshare.args(**flags).args(["mount", "-t", "tmpfs", "none"]).arg(&mount_point);
            mount.output().is_ok_and(|output| output.status.success())
        };
        let namespace = NAMESPACES.iter().find(works).copied().unwrap_or_else(|| {
            panic!("cannot run this test: it needs `unshare --mount`, as root or in a user namespace")
        });
        Self { mount_point, namespace }
    }

    /// Mounts a new disk, does `preparation` in it and becomes the platform.
    fn mounting(&self, options: &str, preparation: &str) -> Vec<String> {
        self.script(&format!("mount -t tmpfs -o {options} none \"$0\" && cd \"$0\" && {preparation}"))
    }

    /// Makes what is there read-only and becomes the platform.
    fn binding_read_only(&self) -> Vec<String> {
        self.script("mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"")
    }

    fn script(&self, preparation: &str) -> Vec<String> {
        let script = format!("set -e; {preparation}; exec \"$@\"");
        let shell = ["sh", "-c", &script, &self.mount_point.to_string_lossy()].map(str::to_owned);
        let unshare = ["unshare"].iter().chain(self.namespace).map(|&word| word.to_owned());
        unshare.chain(shell).collect()
    }

    /// Runs where `server` sees the disk.
    fn beside(&self, server: &Running) -> Vec<String> {
        let user: &[&str] =
            if self.namespace.len() > 1 { &["--user", "--preserve-credentials"] } else { &[] };
        let target = format!("--target={}", server.pid());
        let words = ["nsenter", &target, "--mount"].into_iter().chain(user.iter().copied());
        words.map(str::to_owned).collect()
    }

    /// The disk, by the way that leads through `server`.
    fn seen_by(&self, server: &Running) -> PathBuf {
        let relative = self.mount_point.strip_prefix("/").unwrap();
        PathBuf::from(format!("/proc/{}/root", server.pid())).join(relative)
    }
}
