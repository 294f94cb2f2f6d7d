//! TLS, SASL, and an authorizer that grants what the documentation lists and nothing else.

use std::{path::Path, process::Command};

use super::*;

const ACLS: &str = "org.apache.kafka.tools.AclCommand";
const SETTINGS: &str = "kafka.admin.ConfigCommand";

/// A broker with a plain listener for its operator, and one with TLS and SCRAM for everybody else.
fn start(directory: &Path) -> kafka::Broker {
    let store = directory.join("broker.p12");
    let keytool = |arguments: &[&str]| {
        let store = store.to_str().unwrap();
        let output =
            Command::new("keytool").args(["-keystore", store, "-storepass", "secret"]).args(arguments).output();
        assert!(output.as_ref().is_ok_and(|output| output.status.success()), "keytool comes with Java: {output:?}");
    };
    let name = ["-alias", "broker"];
    let key =
        ["-genkeypair", "-keyalg", "RSA", "-storetype", "PKCS12", "-dname", "CN=broker", "-ext", "san=ip:127.0.0.1"];
    keytool(&[&name[..], &key].concat());
    let certificate = directory.join("broker.pem");
    keytool(&[&name[..], &["-exportcert", "-rfc", "-file", certificate.to_str().unwrap()]].concat());
    kafka::Broker::start_with(&format!(
        "listeners=PLAINTEXT://127.0.0.1:@PORT@,SASL_SSL://127.0.0.1:@SPORT@,CONTROLLER://127.0.0.1:@CPORT@\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,SASL_SSL://127.0.0.1:@SPORT@\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT\n\
         sasl.enabled.mechanisms=SCRAM-SHA-512\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
         ssl.keystore.type=PKCS12\nssl.keystore.location={}\nssl.keystore.password=secret\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:ANONYMOUS\n",
        store.display()
    ))
}

fn config(broker: &kafka::Broker, directory: &Path, password: &str) -> config::KafkaLedger {
    let mut config = kafka::ledger_at(&broker.second_address(), "guarded");
    config.security.tls = true;
    config.security.ca_file = Some(directory.join("broker.pem"));
    config.security.sasl = Some(config::Sasl {
        mechanism: "SCRAM-SHA-512",
        username: "copydesk".to_owned(),
        password: password.to_owned(),
    });
    config
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_listed_permissions_are_enough() {
    let directory = tempfile::tempdir().unwrap();
    let broker = start(directory.path());
    let user = ["--entity-type", "users", "--entity-name", "copydesk"];
    broker.tool(SETTINGS, &[&user[..], &["--alter", "--add-config", "SCRAM-SHA-512=[password=right]"]].concat());

    let error = KafkaLedger::open(&config(&broker, directory.path(), "wrong")).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Fatal(text) if text.contains("uthentication failed")), "{error:?}");
    let config = config(&broker, directory.path(), "right");
    let error = KafkaLedger::open(&config).await.err().unwrap();
    assert!(matches!(&error, LedgerError::Fatal(text) if text.contains("authorization failed")), "{error:?}");

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
    let mut desk = Desk::open_all(&config).await;
    desk.commit(&story("a.example", "1")).await.unwrap();
    desk.close().await;
    let desk = Desk::open_all(&config).await;
    assert_eq!(desk.state("a.example"), Some("1"));
    assert_eq!(states(&config).await.unwrap().len(), 1);

    // and `tail` has to be able to read
    let error = Reader::open(&config, Start::Beginning, false).await.unwrap().next().await.unwrap_err();
    assert!(matches!(&error, LedgerError::Fatal(text) if text.contains("authorization failed")), "{error:?}");
    grant(&["--topic", "guarded.records"], &["Read"]);
    assert_eq!(published(&config).await, ["1"]);
}
