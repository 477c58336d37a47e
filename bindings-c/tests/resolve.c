/* Resolution in one call, with the files of a folder that the runner made and no network. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

static void put(const char *folder, const char *name, const char *data)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(data, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    setenv(name[1] == 'o' ? "AWS_CONFIG_FILE" : "AWS_SHARED_CREDENTIALS_FILE", path, 1);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 2 ? argv[2] : ".";
    awsaccess_error *error = NULL;
    awsaccess_credentials *found = NULL;
    put(folder, "config", "[profile work]\nregion = eu-west-1\naws_account_id = 111122223333\n");
    put(folder, "keys", "[work]\naws_access_key_id = AKIDFILE\naws_secret_access_key = s3cr3t-f\n");
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);

    FAILS(awsaccess_resolve(NULL, &found, &error), AWSACCESS_NOT_CONFIGURED);
    CHECK(found == NULL, "a result of a failure");
    awsaccess_options options = { .struct_size = sizeof options, .profile = AWSACCESS_TEXT("work") };
    DONE(awsaccess_resolve(&options, &found, &error));
    CHECK(is(awsaccess_credentials_access_key_id(found), "AKIDFILE"), "key id");
    CHECK(is(awsaccess_credentials_secret_access_key(found), "s3cr3t-f"), "secret");
    awsaccess_credentials_free(found);
    options.profile = text("nobody");
    CHECK(awsaccess_resolve(&options, &found, &error) == AWSACCESS_CONFIG, "%s", message(error));
    CHECK(strstr(message(error), "nobody") != NULL && strstr(message(error), "s3cr3t") == NULL, "%s", message(error));
    size_t count = 0;
    awsaccess_error_attempts(error, &count);
    CHECK(count > 0, "no attempts");
    awsaccess_error_free(error);

    setenv("AWS_ACCESS_KEY_ID", "AKIDENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s3cr3t-e", 1);
    DONE(awsaccess_resolve(NULL, &found, &error));
    CHECK(is(awsaccess_credentials_source(found), "environment"), "%s", awsaccess_credentials_source(found).data);
    awsaccess_credentials_free(found);
    FAILS(awsaccess_resolve(NULL, NULL, &error), AWSACCESS_INPUT);
    return finish();
}
