#![no_main]
awsaccess_fuzz::fuzz!(redact_learned);
