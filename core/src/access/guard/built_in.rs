//! What the built-in guards stand for, as facts about operations.
//!
//! The ways to more than one was given are well described in public; each line of [`ACTS`] is one of them, or a kin of
//! one. Which operations take a role is read from AWS's models (`roles.txt`, written by `tools/roles.py`).

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::operation::{Access, Listed};

/// Which operations hand a role to a service: a model a line, sorted.
static ROLES: &str = include_str!("roles.txt");

static BY_MODEL: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| ROLES.lines().filter_map(|line| line.split_once(' ')).collect());

/// Services that hold who may do what: all that changes something there changes that.
const AUTHORITIES: &[&str] =
    &["iam", "identitystore", "organizations", "ram", "rolesanywhere", "sso-admin", "account"];

/// What runs code, or opens a way in, under a role that is already in place: model and operations.
const ACTS: &[(&str, &[&str])] = &[
    ("batch", &["SubmitJob"]),
    ("bedrock-agentcore", &["InvokeCodeInterpreter", "StartCodeInterpreterSession"]),
    ("cloudcontrol", &["CreateResource", "UpdateResource"]),
    (
        "cloudformation",
        &[
            "CreateStackInstances",
            "ExecuteChangeSet",
            "ExecuteStackRefactor",
            "SetStackPolicy",
            "UpdateStackInstances",
        ],
    ),
    ("codebuild", &["RetryBuild", "StartBuild", "StartBuildBatch", "StartSandbox", "StartCommandExecution"]),
    ("codedeploy", &["CreateDeployment"]),
    ("codepipeline", &["StartPipelineExecution"]),
    ("cognito-identity", &["CreateIdentityPool", "UpdateIdentityPool"]),
    ("cognito-idp", &["AdminAddUserToGroup"]),
    ("datapipeline", &["ActivatePipeline", "CreatePipeline", "PutPipelineDefinition"]),
    ("ec2", &["ModifyInstanceAttribute", "ModifyLaunchTemplate"]),
    ("ec2-instance-connect", &["SendSSHPublicKey", "SendSerialConsoleSSHPublicKey"]),
    ("ecs", &["ExecuteCommand", "UpdateService"]),
    ("eks", &["AssociateIdentityProviderConfig"]),
    ("elasticbeanstalk", &["UpdateEnvironment"]),
    ("emr", &["AddJobFlowSteps"]),
    ("glue", &["RunStatement", "StartJobRun", "UpdateDevEndpoint"]),
    ("greengrassv2", &["CreateDeployment"]),
    ("kms", &["CreateGrant", "PutKeyPolicy"]),
    (
        "lambda",
        &[
            "AddPermission",
            "CreateEventSourceMapping",
            "UpdateEventSourceMapping",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
        ],
    ),
    ("mwaa", &["CreateCliToken", "CreateWebLoginToken", "InvokeRestApi"]),
    ("proton", &["CreateServiceInstance"]),
    (
        "sagemaker",
        &[
            "CreateNotebookInstanceLifecycleConfig",
            "CreatePresignedDomainUrl",
            "CreatePresignedMlflowTrackingServerUrl",
            "CreatePresignedNotebookInstanceUrl",
            "CreateStudioLifecycleConfig",
            "StartPipelineExecution",
            "StartSession",
            "UpdateNotebookInstance",
            "UpdateNotebookInstanceLifecycleConfig",
        ],
    ),
    ("serverlessrepo", &["CreateCloudFormationChangeSet"]),
    (
        "servicecatalog",
        &[
            "CreateProvisionedProductPlan",
            "ExecuteProvisionedProductPlan",
            "ExecuteProvisionedProductServiceAction",
            "ProvisionProduct",
            "UpdateProvisionedProduct",
        ],
    ),
    (
        "ssm",
        &[
            "CreateDocument",
            "ResumeSession",
            "StartSession",
            "UpdateDocument",
            "UpdateDocumentDefaultVersion",
        ],
    ),
];

/// What the models call reading and is more than that: it takes, opens, or answers with a way in.
const NOT_READING: &[(&str, &[&str])] = &[
    ("cognito-identity", &["GetId", "GetOpenIdToken", "GetOpenIdTokenForDeveloperIdentity"]),
    ("lexv2-runtime", &["RecognizeText", "RecognizeUtterance"]),
    ("sqs", &["ReceiveMessage"]),
];

/// What answers with a login, a key or a link that is as good as credentials, though it is none of AWS's keys.
const WAYS_IN: &[(&str, &[&str])] = &[
    ("cognito-identity", &["GetOpenIdToken", "GetOpenIdTokenForDeveloperIdentity"]),
    ("connect", &["GetFederationToken"]),
    ("ec2", &["GetPasswordData"]),
    ("gamelift", &["GetInstanceAccess"]),
    ("lightsail", &["CreateKeyPair", "DownloadDefaultKeyPair", "GetInstanceAccessDetails"]),
    ("mwaa", &["CreateCliToken", "CreateWebLoginToken"]),
    ("quicksight", &["GetDashboardEmbedUrl", "GetSessionEmbedUrl"]),
    ("sagemaker", &["CreatePresignedDomainUrl", "CreatePresignedNotebookInstanceUrl"]),
    ("ssm", &["ResumeSession", "StartSession"]),
];

/// Whether it only looks.
pub(super) fn looks(of: Listed) -> bool {
    of.access() == Access::Read && !stands_in(NOT_READING, of) && !stands_in(WAYS_IN, of)
}

/// Whether it can give its caller more than he has.
pub(super) fn escalates(of: Listed) -> bool {
    if stands_in(ACTS, of) {
        return true;
    }
    match of.access() {
        Access::Read => false,
        Access::Permissions => true,
        Access::Write | Access::Credentials => AUTHORITIES.contains(&of.model()) || takes_a_role(of),
    }
}

/// Whether its answer carries credentials.
pub(super) fn hands_out(of: Listed) -> bool {
    of.access() == Access::Credentials || stands_in(WAYS_IN, of)
}

fn stands_in(list: &[(&str, &[&str])], of: Listed) -> bool {
    list.iter().any(|(model, names)| *model == of.model() && names.contains(&of.name()))
}

fn takes_a_role(of: Listed) -> bool {
    BY_MODEL.get(of.model()).is_some_and(|names| names.split(' ').any(|name| name == of.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_an_operation_that_exists() {
        let all: std::collections::HashSet<_> =
            Listed::all().map(|listed| (listed.model(), listed.name())).collect();
        let exists = |model: &'static str, name: &'static str| all.contains(&(model, name));
        let mut missing = Vec::new();
        for (model, names) in [ACTS, NOT_READING, WAYS_IN].concat() {
            missing.extend(
                names.iter().filter(|name| !exists(model, name)).map(|name| format!("{model} {name}")),
            );
        }
        for line in ROLES.lines() {
            let (model, names) = line.split_once(' ').unwrap();
            let absent = |name: &&'static str| !exists(model, name);
            missing.extend(names.split(' ').filter(absent).map(|name| format!("{model} {name}")));
        }
        assert!(missing.is_empty(), "{missing:?}");
        for authority in AUTHORITIES {
            assert!(Listed::all().any(|listed| listed.model() == *authority), "{authority}");
        }
    }
}
