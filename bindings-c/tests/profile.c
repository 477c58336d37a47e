/* Profiles and plans as JSON. */
#include "check.h"

static awsaccess_error *error;
static const awsaccess_text NONE = { NULL, 0 };

static int says(awsaccess_buffer *json, const char *part)
{
    return awsaccess_buffer_text(json).data != NULL && strstr(awsaccess_buffer_text(json).data, part) != NULL;
}

int main(void)
{
    awsaccess_buffer *json = NULL;
    awsaccess_text config = text("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/one\n"
                                 "credential_source = Ec2InstanceMetadata\nexternal_id = hidden-id\n"
                                 "duration_seconds = 7200\n"
                                 "mfa_serial = arn:aws:iam::111122223333:mfa/me\n"
                                 "[services s]\nsts =\n  endpoint_url = http://localhost:1\n"
                                 "[sso-session corp]\nsso_region = eu-west-1\n");
    awsaccess_text credentials = text("[default]\naws_access_key_id = AKID\naws_secret_access_key = \"quoted\\\n");
    DONE(awsaccess_parse_profiles(config, credentials, &json, &error));
    CHECK(says(json, "\"dev\":{"), "%s", awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"credential_source\":\"Ec2InstanceMetadata\""), "%s", awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"aws_secret_access_key\":\"\\\"quoted\\\\\""), "%s", awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"services\":{\"s\":{\"sts\":{\"endpoint_url\":\"http://localhost:1\"}}}"), "%s",
          awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"sso_sessions\":{\"corp\":{\"sso_region\":\"eu-west-1\"}}"), "%s",
          awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"warnings\":["), "%s", awsaccess_buffer_text(json).data);
    awsaccess_buffer_free(json);

    DONE(awsaccess_parse_profiles(NONE, NONE, &json, &error));
    CHECK(is(awsaccess_buffer_text(json), "{\"profiles\":{},\"sso_sessions\":{},\"services\":{},\"warnings\":[]}"), "%s",
          awsaccess_buffer_text(json).data);
    awsaccess_buffer_free(json);
    CHECK(awsaccess_parse_profiles(text("[profile a]\nregion: x\n"), NONE, &json, &error) == AWSACCESS_PROFILE, "read");
    CHECK(strstr(message(error), "line 2") != NULL && json == NULL, "%s", message(error));
    awsaccess_error_free(error);

    static const char *const ENVIRON[] = { "AWS_PROFILE=dev", NULL };
    DONE(awsaccess_plan(config, credentials, NONE, ENVIRON, &json, &error));
    CHECK(says(json, "\"profile\":\"dev\"") && says(json, "\"kind\":\"imds\""), "%s", awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"role_arn\":\"arn:aws:iam::111122223333:role/one\""), "%s", awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"external_id\":true") && !says(json, "hidden-id"), "%s", awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"one_hour_cap\":true") && says(json, "\"duration\":7200"), "%s", awsaccess_buffer_text(json).data);
    CHECK(says(json, "\"prompts\":[\"arn:aws:iam::111122223333:mfa/me\"]"), "%s", awsaccess_buffer_text(json).data);
    CHECK(!says(json, "\"warnings\":[]"), "a duration that is cut is worth a warning");
    awsaccess_buffer_free(json);
    DONE(awsaccess_plan(config, credentials, NONE, NULL, &json, &error));
    CHECK(says(json, "{\"kind\":\"keys\",\"access_key_id\":\"AKID\"}") && says(json, "\"base_profile\":\"default\"") && !says(json, "quoted"), "%s",
          awsaccess_buffer_text(json).data);
    awsaccess_buffer_free(json);
    FAILS(awsaccess_plan(config, NONE, text("nobody"), NULL, &json, &error), AWSACCESS_CONFIG);
    return finish();
}
