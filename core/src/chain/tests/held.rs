//! What a resolution keeps and learns: the AWS CLI's cache, the clock, and how long each source took.

use super::*;

const CONFIG: &str = "[profile p]\nrole_arn = arn:aws:iam::111122223333:role/one\nsource_profile = base\n\
                      mfa_serial = arn:aws:iam::111122223333:mfa/me\nregion = us-west-2\n\
                      [profile base]\naws_access_key_id = AKIDP\naws_secret_access_key = s3cr3t-p\n";

fn world() -> World {
    World { code: Some("654321"), ..World::default().file("/h/.aws/config", CONFIG).with_sts("us-west-2") }
}

#[test]
fn the_command_lines_cache_is_used_when_asked_for() {
    let plain = Options::new().profile("p");
    let mut world = world();
    world.resolve(&plain, &[]).unwrap();
    assert!(world.written.is_empty() && world.locks.is_empty());

    let options = plain.shared_cache(true);
    let first = world.resolve(&options, &[]).unwrap();
    let mut hop = RoleHop::new(ROLE);
    hop.mfa_serial = Some("arn:aws:iam::111122223333:mfa/me".to_owned());
    let path = format!("/h/.aws/cli/cache/{}.json", crate::cache::assume_role_key(&hop).unwrap());
    assert_eq!(world.written.keys().collect::<Vec<_>>(), [&path]);
    let lock = format!("{path}.lock");
    assert_eq!(world.locks, [(lock.clone(), true), (lock, false)]);
    // Nobody is asked for a code again, and no request is made.
    let asked = world.asked.len();
    world.code = None;
    let second = world.resolve(&options, &[]).unwrap();
    assert_eq!(second.credentials(), first.credentials());
    assert_eq!(world.asked.len(), asked);
    // With a quarter of an hour left, or as garbage, it is no session.
    let text = String::from_utf8(world.written[&path].clone()).unwrap();
    for stale in [text.replace("2100-01-01T00:00:00Z", "2027-01-15T08:14:59Z"), "{".to_owned()] {
        world.written.insert(path.clone(), stale.into_bytes());
        assert_eq!(kind(world.resolve(&options, &[])), ErrorKind::Mfa);
    }
}

#[test]
fn another_process_may_have_been_faster() {
    /// Finds the session only once it has the lock.
    struct Behind(World, Vec<u8>);
    impl Host for Behind {
        fn now(&mut self) -> Time {
            NOW
        }
        fn read_file(&mut self, request: &ReadFile) -> Reply<ReadFile> {
            self.0.read_file(request)
        }
        fn lock(&mut self, request: &Lock) -> Reply<Lock> {
            let path = request.path.trim_end_matches(".lock").to_owned();
            self.0.written.insert(path, self.1.clone());
            self.0.lock(request)
        }
    }
    let mut before = world();
    let options = Options::new().profile("p").shared_cache(true);
    before.resolve(&options, &[]).unwrap();
    let data = before.written.into_values().next().unwrap();
    let env: Env = [("HOME", "/h")].into_iter().collect();
    let mut host = Behind(world(), data);
    let found = run(resolve(&options, &env, NOW, [0; 32]), &mut host).unwrap();
    assert_eq!(found.credentials().access_key_id(), "ASIAROLE");
    assert!(host.0.asked.is_empty());
    assert_eq!(host.0.locks.iter().map(|(_, held)| *held).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_clock_that_is_wrong_is_right_for_the_roles_that_follow() {
    let post = "POST https://sts.eu-west-1.amazonaws.com/";
    let date = ("date".to_owned(), "Fri, 15 Jan 2027 09:00:00 GMT".to_owned()); // an hour after NOW
    let refusal = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>expired</Message></Error></ErrorResponse>";
    let start = || {
        let mut world = World::default().with_role().with_sts("eu-west-1");
        let skewed = HttpReply::new(403, vec![date.clone()], refusal);
        world.replies.get_mut(post).unwrap().insert(0, Ok(skewed));
        world
    };
    let options =
        || Options::new().region("eu-west-1").assume(RoleHop::new(ROLE)).assume(RoleHop::new(OTHER));
    let days = |world: &World| -> Vec<String> {
        let signed = world.asked.iter().flat_map(|http| &http.headers);
        signed
            .filter(|(name, _)| name == "x-amz-date")
            .map(|(_, value)| value.expose()[9..13].to_owned())
            .collect()
    };
    let mut world = start();
    let found = world.resolve(&options(), &[]).unwrap();
    assert_eq!(days(&world), ["0800", "0900", "0900"]);
    assert_eq!(found.clock_offset(), 3_600_000);
    // The next resolution begins with what this one has learned.
    let mut world = World::default().with_role().with_sts("eu-west-1");
    world.resolve(&options().clock_offset(found.clock_offset()), &[]).unwrap();
    assert_eq!(days(&world), ["0900", "0900"]);
    // Some would rather trust their own.
    let off = [("AWS_DISABLE_CLOCK_SKEW_CORRECTION", "true")];
    assert_eq!(kind(start().resolve(&options(), &off)), ErrorKind::Denied);
}

#[test]
fn a_trace_says_how_long_each_source_took_and_what_to_do() {
    let pace = Duration::from_millis(10);
    let mut world = World { pace, ..World::default().with_role().with_sts("eu-west-1") };
    let found = world.resolve(&Options::new().region("eu-west-1").assume(RoleHop::new(ROLE)), &[]).unwrap();
    let took: Vec<_> = found.trace().attempts().iter().map(|attempt| attempt.took.as_millis()).collect();
    assert_eq!(took, [0, 0, 0, 0, 0, 30, 10]);
    assert!(found.trace().to_string().contains("(30 ms)"), "{}", found.trace());

    let mut nowhere = World { pace, ..World::default().fail(TOKEN, HttpReason::Timeout) };
    let report = nowhere.resolve(&Options::new(), &[]).unwrap_err().report();
    let lines: Vec<_> = report.lines().collect();
    assert!(lines[0].contains("no credentials found; set AWS_ACCESS_KEY_ID"), "{report}");
    assert_eq!(lines.len(), 7);
    for (line, source) in
        lines[1..].iter().zip(["code", "environment", "profile", "web-identity", "container", "imds"])
    {
        assert!(line.starts_with(&format!("  {source}")) && line.contains("not configured"), "{report}");
    }
    assert!(lines[6].ends_with("(10 ms)"), "{report}");
}
