//! The scripts that containers and the pipeline run, against a real platform: none of them may need Docker or Jenkins to be right.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::tempdir;

use crate::common::{launch, text};

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

fn run(script: &str, variables: &[(&str, &str)], arguments: &[String]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(script);
    Command::new(script).args(arguments).envs(variables.iter().copied()).output().unwrap()
}
