#![no_main]
awsaccess_fuzz::fuzz!(signed_pieces);
