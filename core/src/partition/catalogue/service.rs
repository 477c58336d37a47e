//! The hosts of each service. Written by `tools/catalogue.py` from botocore's models; not to be edited by hand.
//!
//! A row is a service: its model, its service id, the first labels of its host, the name that it signs as, and what
//! differs from its shape, the narrowest rule first: variant, where, the host (or `none`), then the region and the
//! region set to sign for, where that is not the region asked for. `*` is the first labels, `{r}` the region, `{g}`
//! that of global services, `{d}` and `{s}` the partition's suffixes, plain and dual-stack.

use super::{Service, dualstack, standard};

/// Sorted by model.
#[rustfmt::skip]
pub(in crate::partition) const SERVICES: &[Service] = &[
    standard("accessanalyzer", "accessanalyzer", "access-analyzer", "access-analyzer", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("account", "account", "account", "account", "\n\
        plain all *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    dualstack("account-access", "account-access", "account-access", "account-access", ""),
    dualstack("account-access-runtime", "account-access-runtime", "account-access-runtime", "account-access", ""),
    standard("acm", "acm", "acm", "acm", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("acm-pca", "acm-pca", "acm-pca", "acm-pca", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("agent-registry", "agent-registry", "agent-registry", "agent-registry", "\n\
        plain aws,aws-us-gov *.{r}.{s}\n\
        plain all *.{r}.api.aws\n\
        fips aws,aws-us-gov *.{r}.{s}\n\
        fips all *.{r}.api.aws\n\
        dual aws,aws-us-gov *.{r}.{s}\n\
        dual all *.{r}.api.aws\n\
        both aws,aws-us-gov *.{r}.{s}\n\
        both all *.{r}.api.aws"),
    standard("agent-registry-control", "agent-registry-control", "agent-registry-control", "agent-registry", "\n\
        plain aws,aws-us-gov *.{r}.{s}\n\
        plain all *.{r}.api.aws\n\
        fips aws,aws-us-gov *.{r}.{s}\n\
        fips all *.{r}.api.aws\n\
        dual aws,aws-us-gov *.{r}.{s}\n\
        dual all *.{r}.api.aws\n\
        both aws,aws-us-gov *.{r}.{s}\n\
        both all *.{r}.api.aws"),
    standard("aiops", "aiops", "aiops", "aiops", ""),
    standard("amp", "amp", "aps", "aps", ""),
    standard("amplify", "amplify", "amplify", "amplify", ""),
    standard("amplifybackend", "amplifybackend", "amplifybackend", "amplifybackend", ""),
    standard("amplifyuibuilder", "amplifyuibuilder", "amplifyuibuilder", "amplifyuibuilder", ""),
    standard("apigateway", "api-gateway", "apigateway", "apigateway", ""),
    standard("apigatewaymanagementapi", "apigatewaymanagementapi", "execute-api", "execute-api", ""),
    standard("apigatewayv2", "apigatewayv2", "apigateway", "apigateway", ""),
    standard("appconfig", "appconfig", "appconfig", "appconfig", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("appconfigdata", "appconfigdata", "appconfigdata", "appconfig", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("appfabric", "appfabric", "appfabric", "appfabric", ""),
    standard("appflow", "appflow", "appflow", "appflow", ""),
    standard("appintegrations", "appintegrations", "app-integrations", "app-integrations", ""),
    standard("application-autoscaling", "application-auto-scaling", "application-autoscaling", "application-autoscaling", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("application-insights", "application-insights", "applicationinsights", "applicationinsights", ""),
    dualstack("application-signals", "application-signals", "application-signals", "application-signals", ""),
    standard("applicationcostprofiler", "applicationcostprofiler", "application-cost-profiler", "application-cost-profiler", ""),
    standard("appmesh", "app-mesh", "appmesh", "appmesh", ""),
    standard("apprunner", "apprunner", "apprunner", "apprunner", ""),
    standard("appstream", "appstream", "appstream2", "appstream", ""),
    standard("appsync", "appsync", "appsync", "appsync", ""),
    dualstack("arc-region-switch", "arc-region-switch", "arc-region-switch", "arc-region-switch", ""),
    standard("arc-zonal-shift", "arc-zonal-shift", "arc-zonal-shift", "arc-zonal-shift", ""),
    standard("artifact", "artifact", "artifact", "artifact", "\n\
        plain all *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("athena", "athena", "athena", "athena", ""),
    standard("auditmanager", "auditmanager", "auditmanager", "auditmanager", ""),
    standard("autoscaling", "auto-scaling", "autoscaling", "autoscaling", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("autoscaling-plans", "auto-scaling-plans", "autoscaling-plans", "autoscaling-plans", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("b2bi", "b2bi", "b2bi", "b2bi", ""),
    standard("backup", "backup", "backup", "backup", ""),
    standard("backup-gateway", "backup-gateway", "backup-gateway", "backup-gateway", ""),
    dualstack("backupsearch", "backupsearch", "backup-search", "backup-search", ""),
    standard("batch", "batch", "batch", "batch", "\n\
        fips aws fips.batch.{r}.{d}\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("bcm-dashboards", "bcm-dashboards", "bcm-dashboards", "bcm-dashboards", "\n\
        plain all *.{g}.{s} {g}\n\
        fips all *-fips.{g}.{s} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("bcm-data-exports", "bcm-data-exports", "bcm-data-exports", "bcm-data-exports", "\n\
        plain aws-iso,aws-iso-b,aws-iso-e,aws-iso-f *.{g}.{d} {g}\n\
        plain all *.{g}.{s} {g}\n\
        fips all *-fips.{g}.{s} {g}\n\
        dual aws-iso,aws-iso-b,aws-iso-e,aws-iso-f *.{g}.{d} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("bcm-pricing-calculator", "bcm-pricing-calculator", "bcm-pricing-calculator", "bcm-pricing-calculator", "\n\
        plain all *.{g}.{s} {g}\n\
        fips all *-fips.{g}.{s} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("bcm-recommended-actions", "bcm-recommended-actions", "bcm-recommended-actions", "bcm-recommended-actions", "\n\
        plain all *.{g}.{s} {g}\n\
        fips all *-fips.{g}.{s} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("bedrock", "bedrock", "bedrock", "bedrock", ""),
    standard("bedrock-agent", "bedrock-agent", "bedrock-agent", "bedrock", ""),
    standard("bedrock-agent-runtime", "bedrock-agent-runtime", "bedrock-agent-runtime", "bedrock", ""),
    standard("bedrock-agentcore", "bedrock-agentcore", "bedrock-agentcore", "bedrock-agentcore", ""),
    standard("bedrock-agentcore-control", "bedrock-agentcore-control", "bedrock-agentcore-control", "bedrock-agentcore", ""),
    standard("bedrock-data-automation", "bedrock-data-automation", "bedrock-data-automation", "bedrock", ""),
    standard("bedrock-data-automation-runtime", "bedrock-data-automation-runtime", "bedrock-data-automation-runtime", "bedrock", ""),
    standard("bedrock-runtime", "bedrock-runtime", "bedrock-runtime", "bedrock", ""),
    standard("billing", "billing", "billing", "billing", "\n\
        plain aws *.{g}.{s} {g}\n\
        plain all *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("billingconductor", "billingconductor", "billingconductor", "billingconductor", "\n\
        plain aws *.{g}.{d} {g}"),
    standard("braket", "braket", "braket", "braket", ""),
    standard("budgets", "budgets", "budgets", "budgets", "\n\
        plain aws-eusc *.{g}.{s} {g}\n\
        plain aws-iso-b,aws-iso-e,aws-iso-f *.global.{d} {g}\n\
        plain all *.{d} {g}\n\
        fips all *-fips.{d} {g}\n\
        dual aws,aws-eusc *.{g}.{s} {g}\n\
        dual all *.{s} {g}\n\
        both all *-fips.{s} {g}"),
    standard("ce", "cost-explorer", "ce", "ce", "\n\
        plain aws-eusc *.{g}.{s} {g}\n\
        plain all *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("chatbot", "chatbot", "chatbot", "chatbot", ""),
    standard("chime", "chime", "chime", "chime", "\n\
        plain aws *.{g}.{d} {g}"),
    standard("chime-sdk-identity", "chime-sdk-identity", "identity-chime", "chime", ""),
    standard("chime-sdk-media-pipelines", "chime-sdk-media-pipelines", "media-pipelines-chime", "chime", ""),
    standard("chime-sdk-meetings", "chime-sdk-meetings", "meetings-chime", "chime", ""),
    standard("chime-sdk-messaging", "chime-sdk-messaging", "messaging-chime", "chime", ""),
    standard("chime-sdk-voice", "chime-sdk-voice", "voice-chime", "chime", ""),
    standard("cleanrooms", "cleanrooms", "cleanrooms", "cleanrooms", ""),
    standard("cleanroomsml", "cleanroomsml", "cleanrooms-ml", "cleanrooms-ml", ""),
    standard("cloud9", "cloud9", "cloud9", "cloud9", ""),
    standard("cloudcontrol", "cloudcontrol", "cloudcontrolapi", "cloudcontrolapi", ""),
    standard("clouddirectory", "clouddirectory", "clouddirectory", "clouddirectory", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("cloudformation", "cloudformation", "cloudformation", "cloudformation", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("cloudfront", "cloudfront", "cloudfront", "cloudfront", "\n\
        plain aws-cn *.{g}.{d} {g}\n\
        plain all *.{d} {g}\n\
        fips aws-cn *-fips.{g}.{d} {g}\n\
        fips all *-fips.{d} {g}\n\
        dual aws *.global.{s} {g}\n\
        dual all *.{s} {g}\n\
        both aws *-fips.global.{s} {g}\n\
        both all *-fips.{s} {g}"),
    standard("cloudfront-keyvaluestore", "cloudfront-keyvaluestore", "cloudfront-keyvaluestore", "cloudfront-keyvaluestore", "\n\
        plain all none\n\
        fips all none\n\
        dual all none\n\
        both all none"),
    standard("cloudhsm", "cloudhsm", "cloudhsm", "cloudhsm", ""),
    standard("cloudhsmv2", "cloudhsm-v2", "cloudhsmv2", "cloudhsm", ""),
    standard("cloudsearch", "cloudsearch", "cloudsearch", "cloudsearch", ""),
    standard("cloudsearchdomain", "cloudsearch-domain", "cloudsearchdomain", "cloudsearch", ""),
    standard("cloudtrail", "cloudtrail", "cloudtrail", "cloudtrail", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("cloudtrail-data", "cloudtrail-data", "cloudtrail-data", "cloudtrail-data", ""),
    standard("cloudwatch", "cloudwatch", "monitoring", "monitoring", "\n\
        fips aws-us-gov *.{r}.{d}\n\
        both aws-us-gov *.{r}.{s}"),
    dualstack("cloudwatchomni", "cloudwatchomni", "cloudwatch-omni", "cloudwatch", ""),
    standard("codeartifact", "codeartifact", "codeartifact", "codeartifact", ""),
    standard("codebuild", "codebuild", "codebuild", "codebuild", ""),
    standard("codecatalyst", "codecatalyst", "codecatalyst", "codecatalyst", "\n\
        plain all *.global.{s}\n\
        fips all *-fips.global.{s}\n\
        dual all *.global.{s}\n\
        both all *-fips.global.{s}"),
    standard("codecommit", "codecommit", "codecommit", "codecommit", ""),
    standard("codeconnections", "codeconnections", "codeconnections", "codeconnections", ""),
    standard("codedeploy", "codedeploy", "codedeploy", "codedeploy", ""),
    standard("codeguru-reviewer", "codeguru-reviewer", "codeguru-reviewer", "codeguru-reviewer", ""),
    standard("codeguru-security", "codeguru-security", "codeguru-security", "codeguru-security", ""),
    standard("codeguruprofiler", "codeguruprofiler", "codeguru-profiler", "codeguru-profiler", ""),
    standard("codepipeline", "codepipeline", "codepipeline", "codepipeline", ""),
    standard("codestar-connections", "codestar-connections", "codestar-connections", "codestar-connections", ""),
    standard("codestar-notifications", "codestar-notifications", "codestar-notifications", "codestar-notifications", ""),
    standard("cognito-identity", "cognito-identity", "cognito-identity", "cognito-identity", "\n\
        dual aws *.{r}.{d}\n\
        both us-east-1,us-east-2,us-west-1,us-west-2 *-fips.{r}.{d}"),
    standard("cognito-idp", "cognito-identity-provider", "cognito-idp", "cognito-idp", "\n\
        dual aws *.{r}.{d}\n\
        both us-east-1,us-east-2,us-west-1,us-west-2 *-fips.{r}.{d}"),
    standard("cognito-sync", "cognito-sync", "cognito-sync", "cognito-sync", ""),
    standard("comprehend", "comprehend", "comprehend", "comprehend", ""),
    standard("comprehendmedical", "comprehendmedical", "comprehendmedical", "comprehendmedical", ""),
    standard("compute-optimizer", "compute-optimizer", "compute-optimizer", "compute-optimizer", ""),
    standard("compute-optimizer-automation", "compute-optimizer-automation", "aco-automation", "aco-automation", ""),
    standard("config", "config-service", "config", "config", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("connect", "connect", "connect", "connect", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("connect-contact-lens", "connect-contact-lens", "contact-lens", "connect", ""),
    standard("connectcampaigns", "connectcampaigns", "connect-campaigns", "connect-campaigns", ""),
    standard("connectcampaignsv2", "connectcampaignsv2", "connect-campaigns", "connect-campaigns", ""),
    standard("connectcases", "connectcases", "cases", "cases", ""),
    dualstack("connecthealth", "connecthealth", "health-agent", "health-agent", ""),
    standard("connectparticipant", "connectparticipant", "participant.connect", "execute-api", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("connectscheduling", "connectscheduling", "connect", "connect", ""),
    dualstack("continuum", "continuum", "continuum", "continuum", ""),
    standard("controlcatalog", "controlcatalog", "controlcatalog", "controlcatalog", ""),
    standard("controltower", "controltower", "controltower", "controltower", ""),
    standard("cost-optimization-hub", "cost-optimization-hub", "cost-optimization-hub", "cost-optimization-hub", ""),
    standard("cur", "cost-and-usage-report-service", "cur", "cur", ""),
    standard("customer-profiles", "customer-profiles", "profile", "profile", ""),
    standard("databrew", "databrew", "databrew", "databrew", "\n\
        fips us-gov-west-1 *.{r}.{d}"),
    standard("dataexchange", "dataexchange", "dataexchange", "dataexchange", ""),
    standard("datapipeline", "data-pipeline", "datapipeline", "datapipeline", ""),
    standard("datasync", "datasync", "datasync", "datasync", ""),
    dualstack("datazone", "datazone", "datazone", "datazone", ""),
    standard("dax", "dax", "dax", "dax", ""),
    standard("deadline", "deadline", "deadline", "deadline", ""),
    standard("detective", "detective", "api.detective", "detective", "\n\
        dual aws,aws-us-gov detective.{r}.{s}\n\
        both aws,aws-us-gov detective-fips.{r}.{s}"),
    standard("devicefarm", "device-farm", "devicefarm", "devicefarm", ""),
    dualstack("devops-agent", "devops-agent", "aidevops", "aidevops", ""),
    standard("devops-guru", "devops-guru", "devops-guru", "devops-guru", ""),
    standard("directconnect", "direct-connect", "directconnect", "directconnect", ""),
    standard("discovery", "application-discovery-service", "discovery", "discovery", ""),
    standard("dlm", "dlm", "dlm", "dlm", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("dms", "database-migration-service", "dms", "dms", "\n\
        fips aws-iso,aws-iso-b,aws-us-gov *.{r}.{d}"),
    standard("docdb", "docdb", "rds", "rds", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("docdb-elastic", "docdb-elastic", "docdb-elastic", "docdb-elastic", ""),
    standard("drs", "drs", "drs", "drs", ""),
    standard("ds", "directory-service", "ds", "ds", ""),
    standard("ds-data", "directory-service-data", "ds-data", "ds-data", ""),
    dualstack("dsql", "dsql", "dsql", "dsql", ""),
    standard("dynamodb", "dynamodb", "dynamodb", "dynamodb", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("dynamodbstreams", "dynamodb-streams", "streams.dynamodb", "dynamodb", "\n\
        fips aws-us-gov *.{r}.{d}\n\
        dual all streams-dynamodb.{r}.{s}\n\
        both all streams-dynamodb-fips.{r}.{s}"),
    standard("ebs", "ebs", "ebs", "ebs", ""),
    standard("ec2", "ec2", "ec2", "ec2", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("ec2-instance-connect", "ec2-instance-connect", "ec2-instance-connect", "ec2-instance-connect", ""),
    standard("ecr", "ecr", "api.ecr", "ecr", "\n\
        dual all ecr.{r}.{s}\n\
        both all ecr-fips.{r}.{s}"),
    standard("ecr-public", "ecr-public", "api.ecr-public", "ecr-public", "\n\
        dual aws ecr-public.{r}.{s}"),
    standard("ecs", "ecs", "ecs", "ecs", ""),
    standard("efs", "efs", "elasticfilesystem", "elasticfilesystem", "\n\
        dual aws,aws-cn,aws-us-gov efs.{r}.{s}\n\
        both aws,aws-cn,aws-us-gov efs-fips.{r}.{s}"),
    standard("eks", "eks", "eks", "eks", "\n\
        fips aws fips.eks.{r}.{d}\n\
        fips aws-us-gov *.{r}.{d}"),
    dualstack("eks-auth", "eks-auth", "eks-auth", "eks-auth", ""),
    standard("elasticache", "elasticache", "elasticache", "elasticache", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("elasticbeanstalk", "elastic-beanstalk", "elasticbeanstalk", "elasticbeanstalk", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("elb", "elastic-load-balancing", "elasticloadbalancing", "elasticloadbalancing", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("elbv2", "elastic-load-balancing-v2", "elasticloadbalancing", "elasticloadbalancing", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("elementalinference", "elementalinference", "elemental-inference", "elemental-inference", ""),
    standard("emr", "emr", "elasticmapreduce", "elasticmapreduce", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("emr-containers", "emr-containers", "emr-containers", "emr-containers", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("emr-serverless", "emr-serverless", "emr-serverless", "emr-serverless", ""),
    standard("endusermessaging", "endusermessaging", "end-user-messaging", "end-user-messaging", ""),
    standard("entityresolution", "entityresolution", "entityresolution", "entityresolution", ""),
    standard("es", "elasticsearch-service", "es", "es", "\n\
        dual aws,aws-cn,aws-us-gov aos.{r}.{s}"),
    standard("eventbridgev2", "eventbridgev2", "eventsv2", "events", ""),
    standard("events", "eventbridge", "events", "events", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}\n\
        both aws-us-gov *.{r}.{s}"),
    standard("evs", "evs", "evs", "evs", ""),
    standard("firehose", "firehose", "firehose", "firehose", ""),
    standard("fis", "fis", "fis", "fis", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("fms", "fms", "fms", "fms", ""),
    standard("forecast", "forecast", "forecast", "forecast", ""),
    standard("forecastquery", "forecastquery", "forecastquery", "forecast", ""),
    standard("frauddetector", "frauddetector", "frauddetector", "frauddetector", ""),
    dualstack("freetier", "freetier", "freetier", "freetier", "\n\
        plain aws-cn-global *.{g}.{s} {g}\n\
        plain aws *.{g}.{s} {g}\n\
        dual aws-cn-global *.{g}.{s} {g}\n\
        dual aws *.{g}.{s} {g}"),
    standard("fsx", "fsx", "fsx", "fsx", ""),
    standard("gamelift", "gamelift", "gamelift", "gamelift", ""),
    dualstack("gameliftstreams", "gameliftstreams", "gameliftstreams", "gameliftstreams", ""),
    standard("geo-maps", "geo-maps", "geo-maps", "geo-maps", "\n\
        plain aws,aws-us-gov maps.geo.{r}.{d}\n\
        fips aws,aws-us-gov maps.geo-fips.{r}.{d}\n\
        dual aws,aws-us-gov maps.geo.{r}.{s}\n\
        both aws,aws-us-gov maps.geo-fips.{r}.{s}"),
    standard("geo-places", "geo-places", "geo-places", "geo-places", "\n\
        plain aws,aws-us-gov places.geo.{r}.{d}\n\
        fips aws,aws-us-gov places.geo-fips.{r}.{d}\n\
        dual aws,aws-us-gov places.geo.{r}.{s}\n\
        both aws,aws-us-gov places.geo-fips.{r}.{s}"),
    standard("geo-routes", "geo-routes", "geo-routes", "geo-routes", "\n\
        plain aws routes.geo.{r}.{d}\n\
        plain aws-us-gov routes.geo.{r}.us-gov.{d}\n\
        fips aws routes.geo-fips.{r}.{d}\n\
        fips aws-us-gov routes.geo-fips.{r}.us-gov.{d}\n\
        dual aws routes.geo.{r}.{s}\n\
        dual aws-us-gov routes.geo.{r}.us-gov.{s}\n\
        both aws routes.geo-fips.{r}.{s}\n\
        both aws-us-gov routes.geo-fips.{r}.us-gov.{s}"),
    standard("glacier", "glacier", "glacier", "glacier", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("globalaccelerator", "global-accelerator", "globalaccelerator", "globalaccelerator", ""),
    standard("glue", "glue", "glue", "glue", ""),
    standard("grafana", "grafana", "grafana", "grafana", ""),
    standard("greengrass", "greengrass", "greengrass", "greengrass", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("greengrassv2", "greengrassv2", "greengrass", "greengrass", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("groundstation", "groundstation", "groundstation", "groundstation", ""),
    standard("guardduty", "guardduty", "guardduty", "guardduty", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("health", "health", "health", "health", "\n\
        plain aws-cn-global,aws-global global.health.{d} {g}\n\
        plain aws-eusc *.{r}.{s}\n\
        fips aws-eusc *-fips.{r}.{s}"),
    standard("healthlake", "healthlake", "healthlake", "healthlake", ""),
    standard("iam", "iam", "iam", "iam", "\n\
        plain aws *.{d} {g}\n\
        plain aws-cn *.cn-north-1.{d} cn-north-1\n\
        plain aws-us-gov *.us-gov.{d} {g}\n\
        plain all *.{g}.{d} {g}\n\
        fips aws-cn *-fips.{d} cn-north-1\n\
        fips aws-iso,aws-iso-b *-fips.{g}.{d} {g}\n\
        fips aws-us-gov *.us-gov.{d} {g}\n\
        fips all *-fips.{d} {g}\n\
        dual aws,aws-eusc *.global.{s} {g}\n\
        dual aws-cn *.global.{s} cn-north-1\n\
        dual aws-us-gov *.us-gov.{s} {g}\n\
        dual all *.{s} {g}\n\
        both aws *-fips.global.{s} {g}\n\
        both aws-cn *-fips.{s} cn-north-1\n\
        both aws-us-gov *.us-gov.{s} {g}\n\
        both all *-fips.{s} {g}"),
    standard("iam-toolbox", "iam-toolbox", "iam-toolbox", "iam", ""),
    standard("identitystore", "identitystore", "identitystore", "identitystore", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("imagebuilder", "imagebuilder", "imagebuilder", "imagebuilder", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("importexport", "importexport", "importexport", "IngestionService", "\n\
        plain aws *.{d} {g}\n\
        fips aws *-fips.{r}.{d} {g}\n\
        dual aws *.{r}.{s} {g}\n\
        both aws *-fips.{r}.{s} {g}"),
    standard("inspector", "inspector", "inspector", "inspector", ""),
    standard("inspector-scan", "inspector-scan", "inspector-scan", "inspector-scan", ""),
    standard("inspector2", "inspector2", "inspector2", "inspector2", ""),
    dualstack("interconnect", "interconnect", "interconnect", "interconnect", ""),
    standard("internetmonitor", "internetmonitor", "internetmonitor", "internetmonitor", ""),
    standard("invoicing", "invoicing", "invoicing", "invoicing", "\n\
        plain all *.{g}.{s} {g}\n\
        fips all *-fips.{g}.{s} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("iot", "iot", "iot", "iot", ""),
    standard("iot-data", "iot-data-plane", "data-ats.iot", "iotdata", "\n\
        plain cn-north-1 data.ats.iot.{r}.{d}\n\
        fips ca-central-1,us-east-1,us-east-2,us-gov-east-1,us-gov-west-1,us-west-1,us-west-2 data.iot-fips.{r}.{d}"),
    standard("iot-jobs-data", "iot-jobs-data-plane", "data.jobs.iot", "iot-jobs-data", ""),
    dualstack("iot-managed-integrations", "iot-managed-integrations", "api.iotmanagedintegrations", "iotmanagedintegrations", ""),
    standard("iotdeviceadvisor", "iotdeviceadvisor", "api.iotdeviceadvisor", "iotdeviceadvisor", ""),
    standard("iotfleetwise", "iotfleetwise", "iotfleetwise", "iotfleetwise", ""),
    standard("iotsecuretunneling", "iotsecuretunneling", "api.tunneling.iot", "IoTSecuredTunneling", "\n\
        dual aws,aws-cn,aws-us-gov api.iot-tunneling.{r}.{s}\n\
        both aws,aws-cn,aws-us-gov api.iot-tunneling-fips.{r}.{s}"),
    standard("iotsitewise", "iotsitewise", "iotsitewise", "iotsitewise", ""),
    standard("iotthingsgraph", "iotthingsgraph", "iotthingsgraph", "iotthingsgraph", ""),
    standard("iottwinmaker", "iottwinmaker", "iottwinmaker", "iottwinmaker", ""),
    standard("iotwireless", "iot-wireless", "api.iotwireless", "iotwireless", ""),
    standard("ivs", "ivs", "ivs", "ivs", ""),
    standard("ivs-realtime", "ivs-realtime", "ivsrealtime", "ivs", ""),
    standard("ivschat", "ivschat", "ivschat", "ivschat", ""),
    standard("kafka", "kafka", "kafka", "kafka", "\n\
        fips aws-us-gov *.{r}.{d}\n\
        dual aws-iso,aws-iso-b,aws-iso-e,aws-iso-f *.{r}.{s}\n\
        dual all kafka-api.{r}.{s}\n\
        both aws kafka-api-fips.{r}.{s}\n\
        both aws-us-gov kafka-api.{r}.{s}"),
    standard("kafkaconnect", "kafkaconnect", "kafkaconnect", "kafkaconnect", "\n\
        fips aws-us-gov *.{r}.{d}\n\
        both aws-us-gov *.{r}.{s}"),
    standard("kendra", "kendra", "kendra", "kendra", ""),
    dualstack("kendra-ranking", "kendra-ranking", "kendra-ranking", "kendra-ranking", ""),
    standard("keyspaces", "keyspaces", "cassandra", "cassandra", "\n\
        fips aws-us-gov *.{r}.{d}"),
    dualstack("keyspacesstreams", "keyspacesstreams", "cassandra-streams", "cassandra", ""),
    standard("kinesis", "kinesis", "kinesis", "kinesis", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("kinesis-video-archived-media", "kinesis-video-archived-media", "kinesisvideo", "kinesisvideo", ""),
    standard("kinesis-video-media", "kinesis-video-media", "kinesisvideo", "kinesisvideo", ""),
    standard("kinesis-video-signaling", "kinesis-video-signaling", "kinesisvideo", "kinesisvideo", ""),
    standard("kinesis-video-webrtc-storage", "kinesis-video-webrtc-storage", "kinesisvideo", "kinesisvideo", ""),
    standard("kinesisanalytics", "kinesis-analytics", "kinesisanalytics", "kinesisanalytics", ""),
    standard("kinesisanalyticsv2", "kinesis-analytics-v2", "kinesisanalytics", "kinesisanalytics", ""),
    standard("kinesisvideo", "kinesis-video", "kinesisvideo", "kinesisvideo", ""),
    standard("kms", "kms", "kms", "kms", ""),
    standard("lakeformation", "lakeformation", "lakeformation", "lakeformation", ""),
    standard("lambda", "lambda", "lambda", "lambda", ""),
    standard("lambda-core", "lambda-core", "lambda", "lambda", ""),
    standard("lambda-microvms", "lambda-microvms", "lambda", "lambda", ""),
    standard("lambda-web", "lambda-web", "lambda", "lambda", ""),
    standard("launch-wizard", "launch-wizard", "launchwizard", "launchwizard", ""),
    standard("lex-models", "lex-model-building-service", "models.lex", "lex", "\n\
        fips aws,aws-us-gov models-fips.lex.{r}.{d}"),
    standard("lex-runtime", "lex-runtime-service", "runtime.lex", "lex", "\n\
        fips aws,aws-us-gov runtime-fips.lex.{r}.{d}"),
    standard("lexv2-models", "lex-models-v2", "models-v2-lex", "lex", ""),
    standard("lexv2-runtime", "lex-runtime-v2", "runtime-v2-lex", "lex", ""),
    standard("license-manager", "license-manager", "license-manager", "license-manager", ""),
    standard("license-manager-linux-subscriptions", "license-manager-linux-subscriptions", "license-manager-linux-subscriptions", "license-manager-linux-subscriptions", ""),
    standard("license-manager-user-subscriptions", "license-manager-user-subscriptions", "license-manager-user-subscriptions", "license-manager-user-subscriptions", ""),
    standard("lightsail", "lightsail", "lightsail", "lightsail", ""),
    standard("location", "location", "geo", "geo", ""),
    standard("logs", "cloudwatch-logs", "logs", "logs", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("lookoutequipment", "lookoutequipment", "lookoutequipment", "lookoutequipment", ""),
    standard("m2", "m2", "m2", "m2", ""),
    standard("machinelearning", "machine-learning", "machinelearning", "machinelearning", ""),
    standard("macie2", "macie2", "macie2", "macie2", ""),
    standard("mailmanager", "mailmanager", "mail-manager", "ses", ""),
    standard("managedblockchain", "managedblockchain", "managedblockchain", "managedblockchain", ""),
    standard("managedblockchain-query", "managedblockchain-query", "managedblockchain-query", "managedblockchain-query", ""),
    standard("marketplace-agreement", "marketplace-agreement", "agreement-marketplace", "aws-marketplace", ""),
    standard("marketplace-catalog", "marketplace-catalog", "catalog.marketplace", "aws-marketplace", "\n\
        dual us-east-1 catalog-marketplace.{r}.{s}"),
    standard("marketplace-deployment", "marketplace-deployment", "deployment-marketplace", "aws-marketplace", ""),
    dualstack("marketplace-discovery", "marketplace-discovery", "discovery-marketplace", "aws-marketplace", ""),
    standard("marketplace-entitlement", "marketplace-entitlement-service", "entitlement.marketplace", "aws-marketplace", "\n\
        plain aws-cn,aws-eusc entitlement-marketplace.{r}.{d}\n\
        dual aws,aws-cn entitlement-marketplace.{r}.{s}"),
    standard("marketplace-reporting", "marketplace-reporting", "reporting-marketplace", "aws-marketplace", ""),
    standard("marketplacecommerceanalytics", "marketplace-commerce-analytics", "marketplacecommerceanalytics", "marketplacecommerceanalytics", ""),
    standard("mediaconnect", "mediaconnect", "mediaconnect", "mediaconnect", ""),
    standard("mediaconvert", "mediaconvert", "mediaconvert", "mediaconvert", "\n\
        plain cn-northwest-1 subscribe.mediaconvert.{r}.{d}\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("medialive", "medialive", "medialive", "medialive", ""),
    standard("mediapackage", "mediapackage", "mediapackage", "mediapackage", ""),
    standard("mediapackage-vod", "mediapackage-vod", "mediapackage-vod", "mediapackage-vod", ""),
    standard("mediapackagev2", "mediapackagev2", "mediapackagev2", "mediapackagev2", ""),
    standard("mediastore", "mediastore", "mediastore", "mediastore", ""),
    standard("mediastore-data", "mediastore-data", "data.mediastore", "mediastore", ""),
    standard("mediatailor", "mediatailor", "api.mediatailor", "mediatailor", "\n\
        dual aws mediatailor.{r}.{s}"),
    standard("medical-imaging", "medical-imaging", "medical-imaging", "medical-imaging", ""),
    standard("memorydb", "memorydb", "memory-db", "memorydb", ""),
    standard("meteringmarketplace", "marketplace-metering", "metering.marketplace", "aws-marketplace", "\n\
        plain aws-eusc metering-marketplace.{r}.{d}\n\
        dual aws,aws-cn,aws-us-gov metering-marketplace.{r}.{s}"),
    standard("mgh", "migration-hub", "mgh", "mgh", ""),
    standard("mgn", "mgn", "mgn", "mgn", ""),
    standard("migration-hub-refactor-spaces", "migration-hub-refactor-spaces", "refactor-spaces", "refactor-spaces", ""),
    standard("migrationhub-config", "migrationhub-config", "migrationhub-config", "mgh", ""),
    standard("migrationhuborchestrator", "migrationhuborchestrator", "migrationhub-orchestrator", "migrationhub-orchestrator", ""),
    standard("migrationhubstrategy", "migrationhubstrategy", "migrationhub-strategy", "migrationhub-strategy", ""),
    dualstack("mpa", "mpa", "mpa", "mpa", ""),
    standard("mq", "mq", "mq", "mq", ""),
    standard("mturk", "mturk", "mturk-requester", "mturk-requester", ""),
    standard("mwaa", "mwaa", "airflow", "airflow", ""),
    dualstack("mwaa-serverless", "mwaa-serverless", "airflow-serverless", "airflow-serverless", ""),
    standard("neptune", "neptune", "rds", "rds", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("neptune-graph", "neptune-graph", "neptune-graph", "neptune-graph", ""),
    standard("neptunedata", "neptunedata", "neptune-db", "neptune-db", ""),
    standard("network-firewall", "network-firewall", "network-firewall", "network-firewall", ""),
    dualstack("network-security-manager", "network-security-manager", "network-security-manager", "network-security-manager", ""),
    dualstack("networkflowmonitor", "networkflowmonitor", "networkflowmonitor", "networkflowmonitor", ""),
    standard("networkmanager", "networkmanager", "networkmanager", "networkmanager", "\n\
        plain aws *.us-west-2.{d} us-west-2\n\
        plain all *.{g}.{d} {g}\n\
        fips aws *-fips.us-west-2.{d} us-west-2\n\
        fips aws-us-gov *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual aws *.us-west-2.{s} us-west-2\n\
        dual all *.{g}.{s} {g}\n\
        both aws *-fips.us-west-2.{s} us-west-2\n\
        both aws-us-gov *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("networkmonitor", "networkmonitor", "networkmonitor", "networkmonitor", ""),
    dualstack("notifications", "notifications", "notifications", "notifications", ""),
    standard("notificationscontacts", "notificationscontacts", "notifications-contacts", "notifications-contacts", "\n\
        plain all *.{g}.{s} {g}\n\
        fips all *-fips.{g}.{s} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("nova-act", "nova-act", "nova-act", "nova-act", ""),
    standard("oam", "oam", "oam", "oam", ""),
    standard("observabilityadmin", "observabilityadmin", "observabilityadmin", "observabilityadmin", ""),
    standard("odb", "odb", "odb", "odb", ""),
    standard("omics", "omics", "omics", "omics", ""),
    standard("opensearch", "opensearch", "es", "es", "\n\
        dual aws,aws-cn,aws-us-gov aos.{r}.{s}"),
    standard("opensearchmemory", "opensearchmemory", "osm", "osm", "\n\
        plain aws,aws-us-gov *.{r}.{s}\n\
        plain all *.{r}.api.aws\n\
        fips all none\n\
        dual aws,aws-us-gov *.{r}.{s}\n\
        dual all *.{r}.api.aws\n\
        both all none"),
    standard("opensearchserverless", "opensearchserverless", "aoss", "aoss", ""),
    standard("organizations", "organizations", "organizations", "organizations", "\n\
        plain all *.{g}.{d} {g}\n\
        fips aws-us-gov *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both aws-us-gov *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("osis", "osis", "osis", "osis", ""),
    standard("outposts", "outposts", "outposts", "outposts", "\n\
        fips aws-us-gov *.{r}.{d}"),
    dualstack("partnercentral-account", "partnercentral-account", "partnercentral-account", "partnercentral-account", ""),
    dualstack("partnercentral-benefits", "partnercentral-benefits", "partnercentral-benefits", "partnercentral-benefits", ""),
    standard("partnercentral-channel", "partnercentral-channel", "partnercentral-channel", "partnercentral-channel", "\n\
        plain aws-us-gov *.us-gov.{s} {g} *\n\
        plain all *.global.{s} {g} *\n\
        fips aws-us-gov *-fips.us-gov.{s} {g} *\n\
        fips all *-fips.global.{s} {g} *\n\
        dual aws-us-gov *.us-gov.{s} {g} *\n\
        dual all *.global.{s} {g} *\n\
        both aws-us-gov *-fips.us-gov.{s} {g} *\n\
        both all *-fips.global.{s} {g} *"),
    standard("partnercentral-revenue-measurement", "partnercentral-revenue-measurement", "partnercentral-prm", "partnercentral", "\n\
        plain aws-us-gov *.us-gov.{s} {g} *\n\
        plain all *.global.{s} {g} *\n\
        fips aws-us-gov *-fips.us-gov.{s} {g} *\n\
        fips all *-fips.global.{s} {g} *\n\
        dual aws-us-gov *.us-gov.{s} {g} *\n\
        dual all *.global.{s} {g} *\n\
        both aws-us-gov *-fips.us-gov.{s} {g} *\n\
        both all *-fips.global.{s} {g} *"),
    dualstack("partnercentral-selling", "partnercentral-selling", "partnercentral-selling", "partnercentral-selling", ""),
    standard("payment-cryptography", "payment-cryptography", "controlplane.payment-cryptography", "payment-cryptography", ""),
    standard("payment-cryptography-data", "payment-cryptography-data", "dataplane.payment-cryptography", "payment-cryptography", ""),
    standard("pca-connector-ad", "pca-connector-ad", "pca-connector-ad", "pca-connector-ad", ""),
    standard("pca-connector-scep", "pca-connector-scep", "pca-connector-scep", "pca-connector-scep", ""),
    standard("pcs", "pcs", "pcs", "pcs", ""),
    standard("personalize", "personalize", "personalize", "personalize", ""),
    standard("personalize-events", "personalize-events", "personalize-events", "personalize", ""),
    standard("personalize-runtime", "personalize-runtime", "personalize-runtime", "personalize", ""),
    standard("pi", "pi", "pi", "pi", ""),
    standard("pinpoint", "pinpoint", "pinpoint", "mobiletargeting", ""),
    standard("pinpoint-email", "pinpoint-email", "email", "ses", ""),
    standard("pinpoint-sms-voice", "pinpoint-sms-voice", "sms-voice.pinpoint", "sms-voice", ""),
    standard("pinpoint-sms-voice-v2", "pinpoint-sms-voice-v2", "sms-voice", "sms-voice", ""),
    standard("pipes", "pipes", "pipes", "pipes", ""),
    standard("polly", "polly", "polly", "polly", ""),
    standard("pricing", "pricing", "api.pricing", "pricing", ""),
    standard("pricing-plan-manager", "pricing-plan-manager", "pricingplanmanager", "pricingplanmanager", "\n\
        plain aws *.{g}.{s} {g}\n\
        plain aws-us-gov *.us-east-1.{s} us-east-1\n\
        plain all *.us-east-1.api.aws us-east-1\n\
        fips aws *.{g}.{s} {g}\n\
        fips aws-us-gov *.us-east-1.{s} us-east-1\n\
        fips all *.us-east-1.api.aws us-east-1\n\
        dual aws *.{g}.{s} {g}\n\
        dual aws-us-gov *.us-east-1.{s} us-east-1\n\
        dual all *.us-east-1.api.aws us-east-1\n\
        both aws *.{g}.{s} {g}\n\
        both aws-us-gov *.us-east-1.{s} us-east-1\n\
        both all *.us-east-1.api.aws us-east-1"),
    standard("proton", "proton", "proton", "proton", ""),
    standard("qapps", "qapps", "data.qapps", "qapps", ""),
    dualstack("qbusiness", "qbusiness", "qbusiness", "qbusiness", ""),
    standard("qconnect", "qconnect", "wisdom", "wisdom", ""),
    standard("quicksight", "quicksight", "quicksight", "quicksight", ""),
    standard("ram", "ram", "ram", "ram", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("rbin", "rbin", "rbin", "rbin", ""),
    standard("rds", "rds", "rds", "rds", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("rds-data", "rds-data", "rds-data", "rds-data", ""),
    standard("redshift", "redshift", "redshift", "redshift", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("redshift-data", "redshift-data", "redshift-data", "redshift-data", ""),
    standard("redshift-serverless", "redshift-serverless", "redshift-serverless", "redshift-serverless", ""),
    standard("rekognition", "rekognition", "rekognition", "rekognition", ""),
    standard("repostspace", "repostspace", "repostspace", "repostspace", ""),
    standard("resiliencehub", "resiliencehub", "resiliencehub", "resiliencehub", ""),
    standard("resiliencehubv2", "resiliencehubv2", "resiliencehub", "resiliencehub", ""),
    standard("resource-explorer-2", "resource-explorer-2", "resource-explorer-2", "resource-explorer-2", ""),
    standard("resource-groups", "resource-groups", "resource-groups", "resource-groups", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("resourcegroupstaggingapi", "resource-groups-tagging-api", "tagging", "tagging", ""),
    standard("rolesanywhere", "rolesanywhere", "rolesanywhere", "rolesanywhere", ""),
    standard("route53", "route-53", "route53", "route53", "\n\
        plain aws-us-gov *.us-gov.{d} {g}\n\
        plain all *.{d} {g}\n\
        fips aws-us-gov *.us-gov.{d} {g}\n\
        fips all *-fips.{d} {g}\n\
        dual aws,aws-cn,aws-eusc *.global.{s} {g}\n\
        dual aws-us-gov *.us-gov.{s} {g}\n\
        dual all *.{s} {g}\n\
        both aws *-fips.global.{s} {g}\n\
        both aws-us-gov *.us-gov.{s} {g}\n\
        both all *-fips.{s} {g}"),
    standard("route53-recovery-cluster", "route53-recovery-cluster", "route53-recovery-cluster", "route53-recovery-cluster", ""),
    standard("route53-recovery-control-config", "route53-recovery-control-config", "route53-recovery-control-config", "route53-recovery-control-config", "\n\
        plain aws *.us-west-2.{d} us-west-2\n\
        plain all *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual aws arc-recovery-control-config.us-west-2.{s} us-west-2\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("route53-recovery-readiness", "route53-recovery-readiness", "route53-recovery-readiness", "route53-recovery-readiness", ""),
    standard("route53domains", "route-53-domains", "route53domains", "route53domains", ""),
    dualstack("route53globalresolver", "route53globalresolver", "route53globalresolver", "route53globalresolver", ""),
    standard("route53profiles", "route53profiles", "route53profiles", "route53profiles", ""),
    standard("route53resolver", "route53resolver", "route53resolver", "route53resolver", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("rtbfabric", "rtbfabric", "rtbfabric", "rtbfabric", ""),
    standard("rum", "rum", "rum", "rum", ""),
    standard("s3", "s3", "s3", "s3", "\n\
        plain aws-global *.{d} {g}\n\
        fips aws-global *-fips.{g}.{d} {g}\n\
        fips aws-cn none\n\
        dual aws-global *.dualstack.{g}.{d} {g}\n\
        dual all *.dualstack.{r}.{d}\n\
        both aws-global *-fips.dualstack.{g}.{d} {g}\n\
        both aws-cn none\n\
        both all *-fips.dualstack.{r}.{d}"),
    standard("s3control", "s3-control", "s3-control", "s3", "\n\
        fips aws-cn none\n\
        dual all *.dualstack.{r}.{d}\n\
        both aws-cn none\n\
        both all *-fips.dualstack.{r}.{d}"),
    dualstack("s3files", "s3files", "s3files", "s3files", ""),
    standard("s3outposts", "s3outposts", "s3-outposts", "s3-outposts", ""),
    standard("s3tables", "s3tables", "s3tables", "s3tables", ""),
    dualstack("s3vectors", "s3vectors", "s3vectors", "s3vectors", ""),
    standard("sagemaker", "sagemaker", "api.sagemaker", "sagemaker", "\n\
        fips aws,aws-us-gov api-fips.sagemaker.{r}.{d}"),
    standard("sagemaker-a2i-runtime", "sagemaker-a2i-runtime", "a2i-runtime.sagemaker", "sagemaker", ""),
    standard("sagemaker-edge", "sagemaker-edge", "edge.sagemaker", "sagemaker", ""),
    standard("sagemaker-featurestore-runtime", "sagemaker-featurestore-runtime", "featurestore-runtime.sagemaker", "sagemaker", ""),
    standard("sagemaker-geospatial", "sagemaker-geospatial", "sagemaker-geospatial", "sagemaker-geospatial", ""),
    standard("sagemaker-inference-router-runtime", "sagemaker-inference-router-runtime", "inferencerouter-runtime.sagemaker", "sagemaker", ""),
    standard("sagemaker-metrics", "sagemaker-metrics", "metrics.sagemaker", "sagemaker", "\n\
        fips aws metrics-fips.sagemaker.{r}.{d}"),
    standard("sagemaker-runtime", "sagemaker-runtime", "runtime.sagemaker", "sagemaker", "\n\
        fips aws runtime-fips.sagemaker.{r}.{d}\n\
        fips aws-us-gov *.{r}.{d}"),
    dualstack("sagemakerjobruntime", "sagemakerjobruntime", "job-runtime.sagemaker", "sagemaker", ""),
    dualstack("sagemakertrainingsessionruntime", "sagemakertrainingsessionruntime", "training-session-runtime.sagemaker", "sagemaker", ""),
    standard("savingsplans", "savingsplans", "savingsplans", "savingsplans", "\n\
        plain aws *.{d} {g}\n\
        dual aws *.global.{s} {g}"),
    standard("scheduler", "scheduler", "scheduler", "scheduler", ""),
    standard("schemas", "schemas", "schemas", "schemas", ""),
    standard("sdb", "simpledb", "sdb", "sdb", "\n\
        plain us-east-1 *.{d}"),
    standard("secretsmanager", "secrets-manager", "secretsmanager", "secretsmanager", "\n\
        dual aws,aws-cn,aws-us-gov *.{r}.{d}\n\
        both aws,aws-us-gov *-fips.{r}.{d}"),
    dualstack("security-ir", "security-ir", "security-ir", "security-ir", ""),
    dualstack("securityagent", "securityagent", "securityagent", "securityagent", ""),
    standard("securityhub", "securityhub", "securityhub", "securityhub", ""),
    standard("securitylake", "securitylake", "securitylake", "securitylake", ""),
    standard("serverlessrepo", "serverlessapplicationrepository", "serverlessrepo", "serverlessrepo", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("service-quotas", "service-quotas", "servicequotas", "servicequotas", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("servicecatalog", "service-catalog", "servicecatalog", "servicecatalog", ""),
    standard("servicecatalog-appregistry", "service-catalog-appregistry", "servicecatalog-appregistry", "servicecatalog", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("servicediscovery", "servicediscovery", "servicediscovery", "servicediscovery", ""),
    standard("ses", "ses", "email", "ses", ""),
    standard("sesv2", "sesv2", "email", "ses", ""),
    standard("shield", "shield", "shield", "shield", "\n\
        plain aws *.{g}.{d} {g}\n\
        fips aws *-fips.{g}.{d} {g}"),
    standard("signer", "signer", "signer", "signer", ""),
    standard("signer-data", "signer-data", "data-signer", "signer", ""),
    standard("signin", "signin", "signin", "signin", "\n\
        plain aws-cn {r}.signin.amazonaws.cn\n\
        plain aws-eusc {r}.signin.amazonaws-eusc.eu\n\
        plain aws-iso {r}.signin.c2shome.ic.gov\n\
        plain aws-iso-b {r}.signin.sc2shome.sgov.gov\n\
        plain aws-iso-e {r}.signin.csphome.adc-e.uk\n\
        plain aws-iso-f {r}.signin.csphome.hci.ic.gov\n\
        plain aws-us-gov {r}.signin.amazonaws-us-gov.com\n\
        plain all {r}.signin.aws.amazon.com\n\
        fips us-gov-west-1 *-fips.amazonaws-us-gov.com\n\
        fips aws-us-gov {r}.signin-fips.amazonaws-us-gov.com"),
    standard("simpledbv2", "simpledbv2", "sdb", "sdb", "\n\
        plain us-east-1 *.{d}"),
    standard("sms-voice", "pinpoint-sms-voice", "sms-voice.pinpoint", "sms-voice", ""),
    standard("snow-device-management", "snow-device-management", "snow-device-management", "snow-device-management", ""),
    standard("snowball", "snowball", "snowball", "snowball", ""),
    standard("sns", "sns", "sns", "sns", "\n\
        fips us-gov-east-1,us-gov-west-1 *.{r}.{d}"),
    standard("socialmessaging", "socialmessaging", "social-messaging", "social-messaging", ""),
    standard("sqs", "sqs", "sqs", "sqs", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("ssm", "ssm", "ssm", "ssm", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("ssm-contacts", "ssm-contacts", "ssm-contacts", "ssm-contacts", ""),
    standard("ssm-guiconnect", "ssm-guiconnect", "ssm-guiconnect", "ssm-guiconnect", ""),
    standard("ssm-incidents", "ssm-incidents", "ssm-incidents", "ssm-incidents", ""),
    standard("ssm-quicksetup", "ssm-quicksetup", "ssm-quicksetup", "ssm-quicksetup", ""),
    standard("ssm-sap", "ssm-sap", "ssm-sap", "ssm-sap", ""),
    standard("sso", "sso", "portal.sso", "awsssoportal", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("sso-admin", "sso-admin", "sso", "sso", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("sso-oidc", "sso-oidc", "oidc", "sso-oauth", "\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("stepfunctions", "sfn", "states", "states", "\n\
        fips us-gov-west-1 *.{r}.{d}\n\
        dual aws-us-gov *-fips.{r}.{s}"),
    standard("storagegateway", "storage-gateway", "storagegateway", "storagegateway", ""),
    standard("sts", "sts", "sts", "sts", "\n\
        plain aws-global *.{d} {g}\n\
        fips aws-us-gov *.{r}.{d}"),
    standard("supplychain", "supplychain", "scn", "scn", ""),
    standard("support", "support", "support", "support", "\n\
        plain aws-cn *.cn-north-1.{d} cn-north-1\n\
        plain aws-eusc,aws-iso-e,aws-iso-f *.{r}.{d}\n\
        plain all *.{g}.{d} {g}\n\
        fips aws-us-gov *.{g}.{d} {g}"),
    standard("support-app", "support-app", "supportapp", "supportapp", ""),
    dualstack("supportauthz", "supportauthz", "supportauthz", "supportauthz", ""),
    standard("sustainability", "sustainability", "sustainability", "sustainability", "\n\
        plain aws api.sustainability.{r}.{s} {g} *\n\
        plain aws-us-gov *.us-gov.{s} {g} *\n\
        plain all *.global.{s} {g} *\n\
        fips aws-us-gov *-fips.us-gov.{s} {g} *\n\
        fips all *-fips.global.{s} {g} *\n\
        dual aws api.sustainability.{r}.{s} {g} *\n\
        dual aws-us-gov *.us-gov.{s} {g} *\n\
        dual all *.global.{s} {g} *\n\
        both aws-us-gov *-fips.us-gov.{s} {g} *\n\
        both all *-fips.global.{s} {g} *"),
    standard("swf", "swf", "swf", "swf", "\n\
        fips aws-us-gov *.{r}.{d}\n\
        dual aws-us-gov *-fips.{r}.{s}"),
    standard("synthetics", "synthetics", "synthetics", "synthetics", ""),
    standard("taxsettings", "taxsettings", "tax", "tax", "\n\
        plain all *.{g}.{d} {g}\n\
        fips all *-fips.{g}.{d} {g}\n\
        dual all *.{g}.{s} {g}\n\
        both all *-fips.{g}.{s} {g}"),
    standard("textract", "textract", "textract", "textract", ""),
    standard("timestream-influxdb", "timestream-influxdb", "timestream-influxdb", "timestream-influxdb", ""),
    standard("timestream-query", "timestream-query", "query.timestream", "timestream", "\n\
        fips aws-us-gov *.{r}.{d}\n\
        dual aws,aws-us-gov timestream-query.{r}.{s}\n\
        both aws timestream-query-fips.{r}.{s}\n\
        both aws-us-gov timestream-query.{r}.{s}"),
    standard("timestream-write", "timestream-write", "ingest.timestream", "timestream", "\n\
        fips aws-us-gov *.{r}.{d}\n\
        dual aws,aws-us-gov timestream-ingest.{r}.{s}\n\
        both aws timestream-ingest-fips.{r}.{s}\n\
        both aws-us-gov timestream-ingest.{r}.{s}"),
    standard("transcribe", "transcribe", "transcribe", "transcribe", "\n\
        plain cn-north-1,cn-northwest-1 cn.transcribe.{r}.{d}\n\
        fips aws,aws-us-gov fips.transcribe.{r}.{d}"),
    standard("transfer", "transfer", "transfer", "transfer", ""),
    standard("translate", "translate", "translate", "translate", ""),
    standard("trustedadvisor", "trustedadvisor", "trustedadvisor", "trustedadvisor", ""),
    dualstack("uxc", "uxc", "uxc", "uxc", ""),
    standard("verifiedpermissions", "verifiedpermissions", "verifiedpermissions", "verifiedpermissions", ""),
    standard("voice-id", "voice-id", "voiceid", "voiceid", ""),
    standard("vpc-lattice", "vpc-lattice", "vpc-lattice", "vpc-lattice", ""),
    standard("waf", "waf", "waf", "waf", "\n\
        plain aws *.{d} {g}\n\
        fips aws *-fips.{d} {g}"),
    standard("waf-regional", "waf-regional", "waf-regional", "waf-regional", ""),
    standard("wafv2", "wafv2", "wafv2", "wafv2", ""),
    standard("wellarchitected", "wellarchitected", "wellarchitected", "wellarchitected", ""),
    standard("wickr", "wickr", "admin.wickr", "wickr", ""),
    standard("wisdom", "wisdom", "wisdom", "wisdom", ""),
    standard("workdocs", "workdocs", "workdocs", "workdocs", ""),
    standard("workmail", "workmail", "workmail", "workmail", ""),
    standard("workmailmessageflow", "workmailmessageflow", "workmailmessageflow", "workmailmessageflow", ""),
    standard("workspaces", "workspaces", "workspaces", "workspaces", ""),
    dualstack("workspaces-instances", "workspaces-instances", "workspaces-instances", "workspaces-instances", ""),
    standard("workspaces-thin-client", "workspaces-thin-client", "thinclient", "thinclient", ""),
    standard("workspaces-web", "workspaces-web", "workspaces-web", "workspaces-web", ""),
    standard("xray", "xray", "xray", "xray", ""),
];
