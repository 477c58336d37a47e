"""The files by which clients trust the gateway, opened by programs that nobody here wrote."""

import shutil
import ssl
import subprocess

import pytest

from conftest import HERE

HOST = "dynamodb.us-east-1.amazonaws.com"
STORES = [("trust.jks", "JKS"), ("trust.p12", "PKCS12")]


def needs(program):
    if not shutil.which(program):
        pytest.skip(f"{program} is not on the path")


def roots(path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    return {root["serialNumber"] for root in context.get_ca_certs()}


def in_bundle(gateway):
    return (gateway.folder / "bundle.pem").read_text().count("BEGIN CERTIFICATE")


def test_the_bundle_is_ours_and_the_systems(gateway):
    ours, all_of_them = roots(gateway.ca), roots(gateway.folder / "bundle.pem")
    assert len(ours) == 2, "the present one, and the one that comes next"
    assert ours < all_of_them
    assert len(all_of_them) > 50


@pytest.mark.parametrize(("name", "kind"), STORES)
def test_keytool_opens_the_stores(gateway, name, kind):
    needs("keytool")
    command = ["keytool", "-list", "-keystore", str(gateway.folder / name), "-storepass", "changeit", "-storetype", kind]
    listed = subprocess.run(command, capture_output=True, text=True, env=gateway.env)
    assert listed.returncode == 0, listed.stdout + listed.stderr
    assert listed.stdout.count("trustedCertEntry") == in_bundle(gateway)
    wrong = subprocess.run([*command[:5], "-storepass", "another", *command[7:]], capture_output=True, env=gateway.env)
    assert wrong.returncode != 0


def test_openssl_opens_the_store(gateway):
    needs("openssl")
    command = ["openssl", "pkcs12", "-in", str(gateway.folder / "trust.p12"), "-passin", "pass:changeit", "-nokeys"]
    opened = subprocess.run(command, capture_output=True, text=True)
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.count("BEGIN CERTIFICATE") == in_bundle(gateway)


@pytest.mark.parametrize(("name", "kind"), STORES)
def test_java_trusts_the_gateway(gateway, name, kind):
    needs("java")
    store = f"-Djavax.net.ssl.trustStore={gateway.folder / name}"
    command = ["java", store, f"-Djavax.net.ssl.trustStoreType={kind}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    proxy = f"http://{gateway.ready['address']}"
    program = str(HERE / "Handshake.java")
    met = subprocess.run([*command, program, proxy, HOST], capture_output=True, text=True, env=gateway.env, timeout=600)
    assert met.returncode == 0, met.stderr
    assert met.stdout.strip() == "CN=awsaccess gateway"
    stranger = ["java", program, proxy, HOST]
    refused = subprocess.run(stranger, capture_output=True, text=True, env=gateway.env, timeout=600)
    assert refused.returncode != 0
    assert "PKIX path building failed" in refused.stderr
