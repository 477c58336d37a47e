#![no_main]
awsaccess_fuzz::fuzz!(replaced);
