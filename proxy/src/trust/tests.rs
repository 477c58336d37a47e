use std::fs;

use super::*;
use rustls::pki_types::pem::PemObject;

fn certificate(name: &str) -> CertificateDer<'static> {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.self_signed(&key).unwrap().der().clone()
}

#[test]
fn a_bundle_is_read_back() {
    let made = [certificate("a.example"), certificate("b.example")];
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bundle(&made)).collect();
    assert_eq!(read.unwrap(), made);
    assert!(bundle(&made).split(|byte| *byte == b'\n').all(|line| line.len() <= 64));
}

#[test]
fn the_bundle_has_ours_first_and_the_systems_after() {
    let folder = std::env::temp_dir().join(format!("awsaccess-trust-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = |name: &str| Some(folder.join(name));
    let files = TrustFiles {
        ca: path("ca.pem"),
        bundle: path("all.pem"),
        jks: path("all.jks"),
        pkcs12: path("all.p12"),
    };
    let ours = [certificate("gateway.example")];
    files.write(&ours, &rustls::crypto::ring::default_provider()).unwrap();
    let read = |path: &Option<PathBuf>| -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_file_iter(path.as_ref().unwrap()).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(read(&files.ca), ours);
    let all = read(&files.bundle);
    assert_eq!(all[0], ours[0]);
    assert!(all.len() > 50, "{}", all.len());
    for store in [&files.jks, &files.pkcs12] {
        assert!(fs::read(store.as_ref().unwrap()).unwrap().len() > all.iter().map(|one| one.len()).sum());
    }
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "nothing else is left: {names:?}");
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let files = TrustFiles { ca: Some("/nowhere/at/all/ca.pem".into()), ..TrustFiles::default() };
    let error = files.write(&[], &rustls::crypto::ring::default_provider()).unwrap_err();
    assert!(error.to_string().starts_with("cannot write /nowhere/at/all/ca.pem"), "{error}");
}
