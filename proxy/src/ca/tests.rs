use super::*;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{ServerName, UnixTime};

const HOUR: Duration = Duration::from_secs(3600);

fn authority() -> Authority {
    Authority::new(&["amazonaws.com".into()], HOUR, provider()).unwrap()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Whether a client that trusts `roots` takes the leaf that the authority gives for a host.
fn verify(
    roots: &[CertificateDer<'static>],
    leaf: &CertifiedKey,
    asked: &str,
    at: UnixTime,
) -> Result<(), rustls::Error> {
    let mut store = rustls::RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).unwrap();
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider());
    let (end, rest) = leaf.cert.split_first().unwrap();
    let name = ServerName::try_from(asked.to_owned()).unwrap();
    builder.build().unwrap().verify_server_cert(end, rest, &name, &[], at).map(|_| ())
}

fn proves(authority: &Authority, certified: &str, asked: &str, at: UnixTime) -> bool {
    let leaf = authority.leaf(certified).unwrap();
    verify(&authority.certificates(), &leaf, asked, at).is_ok()
}

#[test]
fn a_leaf_is_good_for_its_host_and_hours_only() {
    let authority = authority();
    let now = UnixTime::now();
    for host in ["s3.amazonaws.com", "my.dotted.bucket.s3.eu-west-1.amazonaws.com"] {
        assert!(proves(&authority, host, host, now), "{host}");
    }
    assert!(!proves(&authority, "s3.amazonaws.com", "sts.amazonaws.com", now));
    let later = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs() + 3700));
    assert!(!proves(&authority, "s3.amazonaws.com", "s3.amazonaws.com", later));
}

#[test]
fn the_authority_is_bound_to_its_domains() {
    let authority = authority();
    for host in ["example.com", "amazonaws.com.evil.example", "evilamazonaws.com"] {
        assert!(!proves(&authority, host, host, UnixTime::now()), "{host}");
    }
}

#[test]
fn leaves_are_kept_within_a_bound() {
    let authority = authority();
    let first = authority.leaf("a.amazonaws.com").unwrap();
    assert!(Arc::ptr_eq(&first, &authority.leaf("a.amazonaws.com").unwrap()));
    for n in 0..MOST_LEAVES {
        authority.leaf(&format!("h{n}.amazonaws.com")).unwrap();
    }
    assert_eq!(authority.state().leaves.by_host.len(), MOST_LEAVES);
    assert!(!Arc::ptr_eq(&first, &authority.leaf("a.amazonaws.com").unwrap()));
}

fn unix(time: SystemTime) -> UnixTime {
    UnixTime::since_unix_epoch(time.duration_since(SystemTime::UNIX_EPOCH).unwrap())
}

#[test]
fn the_next_generation_is_known_before_it_signs() {
    let authority = authority();
    let start = SystemTime::now();
    let host = "s3.amazonaws.com";
    let first = authority.certificates();
    assert_eq!(first.len(), 2);
    assert!(!authority.renew(start + HOUR / 2).unwrap());
    assert_eq!(authority.certificates(), first);
    let old = authority.leaf(host).unwrap();
    assert!(verify(&first[..1], &old, host, UnixTime::now()).is_ok(), "the first one signs");

    let later = start + HOUR * 3 / 4;
    assert!(authority.renew(later).unwrap());
    assert!(!authority.renew(later).unwrap(), "it is done once");
    let new = authority.leaf(host).unwrap();
    assert!(!Arc::ptr_eq(&old, &new));
    assert!(verify(&first[..1], &new, host, unix(later)).is_err());
    assert!(verify(&first[1..], &new, host, unix(later)).is_ok());
    let second = authority.certificates();
    assert_eq!((&second[..1], second.len()), (&first[1..], 2));
}

#[test]
fn who_reads_it_once_trusts_it_for_three_quarters_of_a_life() {
    let authority = authority();
    let (start, host) = (SystemTime::now(), "s3.amazonaws.com");
    let minutes = HOUR / 12;
    let mut handed: Vec<(SystemTime, SystemTime, Vec<CertificateDer<'static>>)> = Vec::new();
    for n in 0..48 {
        let now = start + minutes * n;
        authority.renew(now).unwrap();
        assert!(authority.left(now) >= HOUR / 4 - minutes, "at {n}");
        let leaf = authority.leaf(host).unwrap();
        for (from, until, roots) in &handed {
            let holds = verify(roots, &leaf, host, unix(now)).is_ok();
            assert!(holds || now >= *until, "handed out {:?} ago", now.duration_since(*from));
        }
        let until = authority.trusted_until();
        assert!(until >= now + HOUR * 3 / 4 - minutes, "at {n}");
        handed.push((now, until, authority.certificates()));
    }
    // Whoever slept for long begins anew.
    let late = start + HOUR * 100;
    assert!(authority.renew(late).unwrap() && authority.left(late) == HOUR);
    assert!(verify(&authority.certificates(), &authority.leaf(host).unwrap(), host, unix(late)).is_ok());
}

mod kept_in_a_file {
    use super::*;
    use std::path::PathBuf;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("awsaccess-ca-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn load(path: &std::path::Path, domain: &str) -> std::io::Result<Authority> {
        kept::load(path, &[domain.to_owned()], HOUR, &provider())
    }

    #[test]
    fn clients_trust_it_after_a_restart() {
        let folder = Folder::new("restart");
        let path = folder.0.join("authority.pem");
        let before = load(&path, "amazonaws.com").unwrap();
        assert!(before.renew(SystemTime::now() + HOUR * 3 / 4).unwrap());
        kept::save(&path, &before).unwrap();
        let after = load(&path, "amazonaws.com").unwrap();
        assert_eq!(after.certificates(), before.certificates());
        let leaf = after.leaf("s3.amazonaws.com").unwrap();
        let later = unix(SystemTime::now() + HOUR);
        assert!(verify(&before.certificates(), &leaf, "s3.amazonaws.com", later).is_ok());
    }

    #[test]
    fn other_domains_or_an_old_one_make_it_anew() {
        let folder = Folder::new("anew");
        let path = folder.0.join("authority.pem");
        let before = load(&path, "amazonaws.com").unwrap();
        kept::save(&path, &before).unwrap();
        assert_ne!(load(&path, "example.com").unwrap().certificates(), before.certificates());
        let old = Line::begin(&["amazonaws.com".into()], HOUR, SystemTime::now() - HOUR * 9 / 5).unwrap();
        let old = Authority::with(&["amazonaws.com".into()], HOUR, provider(), old).unwrap();
        kept::save(&path, &old).unwrap();
        assert_ne!(load(&path, "amazonaws.com").unwrap().certificates(), old.certificates());
    }

    #[test]
    fn what_is_no_authority_is_refused() {
        let folder = Folder::new("refused");
        let path = folder.0.join("authority.pem");
        for text in [
            "",
            "# awsaccess gateway authority, good until 1\n",
            "# awsaccess gateway authority, good until x\nz",
        ] {
            crate::disk::replace(&path, text.as_bytes(), 0o600).unwrap();
            let error = load(&path, "amazonaws.com").err().unwrap();
            assert!(error.to_string().contains("remove it"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_is_its_owners() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("own");
        let path = folder.0.join("authority.pem");
        kept::save(&path, &load(&path, "amazonaws.com").unwrap()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(load(&path, "amazonaws.com").err().unwrap().to_string().contains("others can read"));
    }
}

#[test]
fn new_domains_have_a_line_of_their_own_until_the_turn() {
    let (authority, now) = (authority(), SystemTime::now());
    let before = authority.certificates();
    let domains = ["amazonaws.com".to_owned(), "minio.test".to_owned()];
    assert!(!authority.extend(&domains[..1], now).unwrap(), "nothing is new");
    assert!(authority.extend(&domains, now).unwrap() && authority.certificates().len() == 4);
    assert!(!authority.extend(&domains, now).unwrap(), "it has them now");
    let takes = |roots: &[CertificateDer<'static>], host: &str, time: SystemTime| {
        verify(roots, &authority.leaf(host).unwrap(), host, unix(time)).is_ok()
    };
    // Who trusted the authority before goes on to, and reads the new certificates for the new host.
    assert!(takes(&before, "s3.amazonaws.com", now) && !takes(&before, "minio.test", now));
    let both = authority.certificates();
    assert!(takes(&both, "s3.amazonaws.com", now) && takes(&both, "minio.test", now));
    assert!(!takes(&both, "example.com", now) && !takes(&both, "evilminio.test", now));
    // The generation that comes next was made before the hosts came: they keep their own line through its turn.
    let turn = now + HOUR * 3 / 4;
    assert!(authority.renew(turn).unwrap() && authority.certificates().len() == 4);
    for (roots, host) in [(&before, "s3.amazonaws.com"), (&both, "s3.amazonaws.com"), (&both, "minio.test")] {
        assert!(takes(roots, host, turn), "{host}");
    }
    assert!(!takes(&before, "minio.test", turn));
    let then = authority.certificates();
    // The one after has all, and takes over from both.
    let turn = now + HOUR * 3 / 2;
    assert!(authority.renew(turn).unwrap() && authority.certificates().len() == 2);
    assert!(takes(&then, "s3.amazonaws.com", turn) && takes(&then, "minio.test", turn));
    for n in 0..MOST_BESIDE {
        authority.extend(&[format!("h{n}.test")], turn).unwrap();
    }
    assert!(authority.extend(&["last.test".to_owned()], turn).is_err(), "there is a bound");
}
