//! Kafka's failures by class: what a retry may fix, what ends a transaction, what ends the client, what ends the run.

use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode as Code},
    types::RDKafkaErrorCode,
};

use crate::{Cause, LedgerError};

/// A failed call outside of a transaction: `doing` completes "cannot …".
pub(super) fn of(doing: &str, error: &KafkaError) -> LedgerError {
    if is_permanent(error) { LedgerError::Fatal(cause(doing, error)) } else { LedgerError::Retry(cause(doing, error)) }
}

fn cause(doing: &str, error: &KafkaError) -> Cause {
    Cause::Kafka { doing: doing.to_owned(), said: describe(error), error: Box::new(error.clone()) }
}

/// How a transaction goes on after a failure within it.
#[derive(Debug)]
pub(super) enum Failure {
    /// It must be aborted; then the caller gets this.
    Abort(LedgerError),
    /// It cannot even be aborted: the producer cannot be used any more.
    Lost(LedgerError),
}

/// A failed call within a transaction.
pub(super) fn in_transaction(doing: &str, error: &KafkaError) -> Failure {
    let cause = cause(doing, error);
    let fatal = matches!(error, KafkaError::Transaction(e) if e.is_fatal());
    match (fatal, is_permanent(error)) {
        (true, true) => Failure::Lost(LedgerError::Fatal(cause)),
        // fenced by a successor, timed out at the coordinator, or out of sequence
        (true, false) => Failure::Lost(LedgerError::Reopen(cause)),
        (false, _) if is_fence(error) => Failure::Abort(LedgerError::Fenced(cause)),
        (false, true) => Failure::Abort(LedgerError::Fatal(cause)),
        (false, false) => Failure::Abort(LedgerError::Retry(cause)),
    }
}

/// Whether the same call may simply be made again.
pub(super) fn is_retriable(error: &KafkaError) -> bool {
    matches!(error, KafkaError::Transaction(e) if e.is_retriable() && !e.is_fatal())
}

/// Whether the group's coordinator no longer knows us as the member that we were: can be aborted, and is no error of
/// ours.
fn is_fence(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::IllegalGeneration
                | Code::UnknownMemberId
                | Code::FencedInstanceId
                | Code::StaleMemberEpoch
                | Code::FencedMemberEpoch
        )
    )
}

/// Whether only a person can fix it: permissions, credentials, settings.
pub(super) fn is_permanent(error: &KafkaError) -> bool {
    match error {
        KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) => true,
        error => error.rdkafka_error_code().is_some_and(is_permanent_code),
    }
}

pub(super) fn is_permanent_code(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::InvalidTopic
            | Code::InvalidPartitions
            | Code::InvalidReplicationFactor
            | Code::InvalidConfig
            | Code::InvalidArgument
            | Code::PolicyViolation
            | Code::UnsupportedFeature
            | Code::UnsupportedVersion
    )
}

fn describe(error: &KafkaError) -> String {
    match error {
        KafkaError::Transaction(e) => e.string(),
        // without its value, which may be a secret
        KafkaError::ClientConfig(_, why, key, _) => format!("{why} (`{key}`)"),
        error => error.to_string(),
    }
}
