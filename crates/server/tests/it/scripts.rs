//! The scripts that containers and the pipeline run, against a real platform: none of them may need Docker or Jenkins to be right.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::tempdir;
use testkit::http::HttpClient;

use crate::{
    common::{drained, launch, text, verify},
    real_set::RealSet,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn smoke_and_health_check_pass_on_a_running_platform_and_fail_without_one() {
    let folder = tempdir().unwrap();
    let launch = launch(folder.path());
    let port = launch.port().to_string();
    let smoke = || run("jenkins/smoke.sh", &[("BASE_URL", &launch.url())], &[]);
    let health = || run("docker/healthcheck.sh", &[("SERVER_PORT", &port)], &[]);
    let server = launch.up().await;
    for output in tokio::task::block_in_place(|| [smoke(), health()]) {
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    }
    assert!(server.stop().await.success());
    for output in tokio::task::block_in_place(|| [smoke(), health()]) {
        assert!(!output.status.success(), "{}", text(&output.stdout));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pipeline_gets_a_token_where_operators_must_log_in() {
    let folder = tempdir().unwrap();
    let launch = launch(folder.path()).with("SWELITE_LOGIN", "on");
    let made = launch.run(&["operators", "recover"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let server = launch.up().await;
    let url = launch.url();
    let link = text(&made.stdout).trim().to_owned();
    let token = tokio::task::block_in_place(|| {
        run("jenkins/token.sh", &[("BASE_URL", &url)], std::slice::from_ref(&link))
    });
    assert!(token.status.success(), "{}{}", text(&token.stdout), text(&token.stderr));
    let token = text(&token.stdout).trim().to_owned();
    let smoke = |token: &str| run("jenkins/smoke.sh", &[("BASE_URL", &url), ("SWELITE_TOKEN", token)], &[]);
    for (given, said) in [(token.as_str(), "the books balance"), ("", "for operators")] {
        let output = tokio::task::block_in_place(|| smoke(given));
        let words = text(&output.stdout);
        assert!(output.status.success() && words.contains(said), "{words}{}", text(&output.stderr));
    }
    assert!(server.stop().await.success());
}

#[test]
fn a_password_is_the_given_one_or_a_random_one_that_stays() {
    let folder = tempdir().unwrap();
    let (given, made) = (folder.path().join("given"), folder.path().join("made"));
    let arguments = [format!("{}=GIVEN", given.display()), format!("{}=NOT_GIVEN", made.display())];
    let start = || {
        let output = run("docker/secrets.sh", &[("GIVEN", "a b$c")], &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        [&given, &made].map(|file| fs::read_to_string(file).unwrap())
    };
    let [first_given, first_made] = start();
    assert_eq!((first_given.as_str(), first_made.len()), ("a b$c", 32));
    assert_eq!(start()[1], first_made);
}

/// The origin's load with every step, short; k6 itself and the audit after it decide.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_load_stage_passes_and_leaves_its_report_on_the_embedded_set() {
    let folder = tempdir().unwrap();
    let launch = launch(folder.path());
    let server = launch.up().await;
    tokio::task::block_in_place(|| loaded(server.url(), &folder.path().join("report")));
    verify(&launch, &server);
    assert!(server.stop().await.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_load_stage_passes_and_leaves_its_report_on_the_real_set() {
    let folder = tempdir().unwrap();
    let set = RealSet::shared();
    let ingest = set.migrated(&folder.path().join("ingest")).with("SWELITE_RATE_LIMITS", "off");
    let worker = set.launch(&folder.path().join("worker"));
    let running = [ingest.role("ingest").await, worker.role("worker").await];
    tokio::task::block_in_place(|| loaded(&ingest.url(), &folder.path().join("report")));
    drained(&HttpClient::new(&ingest.url())).await;
    verify(&ingest, &running[0]);
    for role in running {
        assert!(role.stop().await.success());
    }
}

fn loaded(url: &str, report: &Path) {
    let out = report.display().to_string();
    let variables = [
        ("BASE_URL", url),
        ("OUT", &out),
        ("ENABLE_CAPTURE", "true"),
        ("ENABLE_REFUND", "true"),
        ("RATE_SCALE", "0.1"),
        ("TIME_SCALE", "0.03"),
    ];
    let output = run("jenkins/load.sh", &variables, &[]);
    let error = text(&output.stderr);
    // How long a debug build takes beside other tests says nothing: latencies are judged where a release build runs alone.
    let missed = error.lines().filter_map(|line| line.strip_prefix("error: missed: ")).next_back();
    let only_slow = missed.is_some_and(|names| names.split(", ").all(|name| name.contains("_duration ")));
    assert!(output.status.success() || only_slow, "{}{error}", text(&output.stdout));
    let read = |name: &str| fs::read_to_string(report.join(name)).unwrap();
    assert!(read("report.html").contains("posted to the ledger"));
    let summary = read("report.md");
    assert!(summary.starts_with("# Load: payment-scenario, "), "{summary}");
    assert_eq!((summary.matches("| equal |").count(), summary.contains("differs")), (3, false), "{summary}");
    for line in ["| `errors rate<0.02` | held |", "| `http_req_failed rate<0.05` | held |"] {
        assert!(summary.contains(line), "{line} is not in\n{summary}");
    }
}

/// Docker is the one thing that cannot be had here: a stand-in writes down what it was asked.
#[test]
fn start_and_end_of_the_stack_ask_docker_for_the_right_things() {
    let folder = tempdir().unwrap();
    let asked = |script: &str, variables: &[(&str, &str)]| {
        let log = folder.path().join("asked");
        fs::write(&log, "").unwrap();
        let (output, log_path) = (folder.path().join("out").display().to_string(), log.display().to_string());
        let path =
            stand_in(folder.path(), "echo \"$*\" >>\"$ASKED\"; case \"$*\" in *\"$FAILS\"*) exit 1;; esac");
        let own = [("PATH", path.as_str()), ("ASKED", &log_path), ("OUT", &output)];
        let done = run(script, &[&own[..], variables].concat(), &[]);
        (done.status.success(), fs::read_to_string(&log).unwrap())
    };
    let joined = [("FAILS", "nothing"), ("JOIN_NETWORK", "yes"), ("COMPOSE_PROJECT_NAME", "p")];
    let (is_well, words) = asked("jenkins/up.sh", &joined);
    let lines: Vec<&str> = words.lines().collect();
    assert!(
        is_well && lines[..2] == ["compose build", "compose up --detach --wait --wait-timeout 300"],
        "{words}"
    );
    assert!(lines[2].starts_with("network connect p_payment "), "{words}");
    // What is not healthy in time fails the stage, and nothing is joined.
    let (is_well, words) = asked("jenkins/up.sh", &[("FAILS", "up --detach"), ("JOIN_NETWORK", "yes")]);
    assert!(!is_well && words.lines().count() == 2, "{words}");
    // The end is reached although neither the logs nor the network can be had any more.
    for fails in ["logs", "disconnect"] {
        let (is_well, words) = asked("jenkins/down.sh", &[("FAILS", fails), joined[1], joined[2]]);
        let end = "compose --profile load down --volumes --remove-orphans --timeout 60";
        assert!(is_well && words.lines().last() == Some(end), "{words}");
    }
    let (is_well, _) = asked("jenkins/down.sh", &[("FAILS", "down --volumes")]);
    assert!(!is_well, "an end that failed is no end");
}

/// The stage is the one door; behind it stands this very test run, so here it only has to lead there.
#[test]
fn the_back_end_stage_is_what_every_build_machine_runs() {
    let folder = tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(deploy(from), &to).unwrap();
        to
    };
    let script = copy("jenkins/backend.sh", "deploy/jenkins/backend.sh");
    let door = copy("jenkins/backend.sh", ".ci/run");
    for (status, body) in [(0, "#!/bin/sh\npwd\n"), (7, "#!/bin/sh\nexit 7\n")] {
        fs::write(&door, body).unwrap();
        let output = Command::new(&script).output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        if status == 0 {
            assert_eq!(
                text(&output.stdout).trim(),
                folder.path().canonicalize().unwrap().display().to_string()
            );
        }
    }
}

/// A folder before all others on the path, in which `docker` is this.
fn stand_in(folder: &Path, body: &str) -> String {
    let docker = folder.join("bin/docker");
    fs::create_dir_all(docker.parent().unwrap()).unwrap();
    fs::write(&docker, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&docker, Permissions::from_mode(0o755)).unwrap();
    format!(
        "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        docker.parent().unwrap().display()
    )
}

fn run(script: &str, variables: &[(&str, &str)], arguments: &[String]) -> Output {
    Command::new(deploy(script)).args(arguments).envs(variables.iter().copied()).output().unwrap()
}

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(path)
}
