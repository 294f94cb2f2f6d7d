//! TLS, SASL, and an authorizer that grants what the documentation lists and nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use super::*;

const ACLS: &str = "org.apache.kafka.tools.AclCommand";
const SETTINGS: &str = "kafka.admin.ConfigCommand";

/// An authority, and what it has issued, as files.
struct Authority {
    directory: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn found(directory: &Path) -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // an issuer of the same name as its certificates would make them look signed by themselves
        params.distinguished_name.push(DnType::CommonName, "the authority");
        let key = KeyPair::generate().unwrap();
        fs::write(directory.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { directory: directory.to_owned(), issuer: Issuer::new(params, key) }
    }

    /// Issues a certificate: `NAME.crt`, `NAME.key`, and both in `NAME.pem`.
    fn issue(&self, name: &str) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        let key = key.serialize_pem();
        fs::write(self.file(&format!("{name}.pem")), format!("{key}{certificate}")).unwrap();
        fs::write(self.file(&format!("{name}.crt")), certificate).unwrap();
        fs::write(self.file(&format!("{name}.key")), key).unwrap();
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// A broker with a plain listener for its operator, and one with TLS and SASL for everybody else.
fn start(authority: &Authority, properties: &str) -> kafka::Broker {
    authority.issue("broker");
    kafka::Broker::start_with(&format!(
        "listeners=PLAINTEXT://127.0.0.1:@PORT@,SASL_SSL://127.0.0.1:@SPORT@,CONTROLLER://127.0.0.1:@CPORT@\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,SASL_SSL://127.0.0.1:@SPORT@\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT\n\
         ssl.keystore.type=PEM\nssl.keystore.location={}\n{properties}",
        authority.file("broker.pem").display()
    ))
}

fn config(
    broker: &kafka::Broker,
    authority: &Authority,
    mechanism: &'static str,
    password: &str,
) -> config::KafkaLedger {
    let mut config = kafka::ledger_at(&broker.second_address(), "guarded");
    config.security.tls = true;
    config.security.ca_file = Some(authority.file("ca.pem"));
    config.security.sasl =
        Some(config::Sasl { mechanism, username: "copydesk".to_owned(), password: password.to_owned() });
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_both_sides_and_a_plain_password() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::found(directory.path());
    let login = "org.apache.kafka.common.security.plain.PlainLoginModule required user_copydesk=\"right\";";
    let trusted = authority.file("ca.pem");
    let broker = start(
        &authority,
        &format!(
            "sasl.enabled.mechanisms=PLAIN\nlistener.name.sasl_ssl.plain.sasl.jaas.config={login}\n\
             listener.name.sasl_ssl.ssl.client.auth=required\nssl.truststore.type=PEM\nssl.truststore.location={}\n",
            trusted.display()
        ),
    );
    let mut config = config(&broker, &authority, "PLAIN", "right");
    let error = KafkaLedger::open(&config).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Retry(_) if error.whole().contains("SSL")), "{error:?}");

    authority.issue("client");
    config.security.client = Some((authority.file("client.crt"), authority.file("client.key")));
    let mut installation = Installation::open_all(&config).await;
    installation.commit(&story("a.example", "1")).await.unwrap();
    installation.close().await;
    assert_eq!(published(&config).await, ["1"]);

    config.security.sasl.as_mut().unwrap().password = "wrong".to_owned();
    let error = KafkaLedger::open(&config).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Fatal(_) if error.whole().contains("uthentication failed")), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_listed_permissions_are_enough() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::found(directory.path());
    let broker = start(
        &authority,
        "sasl.enabled.mechanisms=SCRAM-SHA-512\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:ANONYMOUS\n",
    );
    let user = ["--entity-type", "users", "--entity-name", "copydesk"];
    broker.tool(SETTINGS, &[&user[..], &["--alter", "--add-config", "SCRAM-SHA-512=[password=right]"]].concat());

    let error = KafkaLedger::open(&config(&broker, &authority, "SCRAM-SHA-512", "wrong")).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Fatal(_) if error.whole().contains("uthentication failed")), "{error:?}");
    let config = config(&broker, &authority, "SCRAM-SHA-512", "right");
    let error = KafkaLedger::open(&config).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Fatal(_) if error.whole().contains("authorization failed")), "{error:?}");

    let grant = |resource: &[&str], operations: &[&str]| {
        let mut arguments = vec!["--add", "--allow-principal", "User:copydesk"];
        arguments.extend(resource);
        arguments.extend(operations.iter().flat_map(|operation| ["--operation", operation]));
        broker.tool(ACLS, &arguments);
    };
    let output = ["--topic", "guarded.records", "--topic", "guarded.rejects"];
    grant(&output, &["Create", "DescribeConfigs", "Write"]);
    grant(&["--topic", "guarded.state"], &["Create", "DescribeConfigs", "Write", "Read"]);
    grant(&["--group", "guarded"], &["Read"]);
    grant(&["--transactional-id", "guarded-", "--resource-pattern-type", "prefixed"], &["Write"]);
    let mut installation = Installation::open_all(&config).await;
    installation.commit(&story("a.example", "1")).await.unwrap();
    installation.close().await;
    let installation = Installation::open_all(&config).await;
    assert_eq!(installation.state("a.example"), Some("1"));
    assert_eq!(states(&config).await.unwrap().len(), 1);

    // and `tail` has to be able to read
    let error = RecordReader::open(&config, Start::Beginning, false).await.unwrap().next().await.unwrap_err();
    assert!(matches!(&error, LedgerError::Fatal(_) if error.whole().contains("authorization failed")), "{error:?}");
    grant(&["--topic", "guarded.records"], &["Read"]);
    assert_eq!(published(&config).await, ["1"]);
}
