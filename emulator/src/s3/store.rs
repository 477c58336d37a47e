//! The buckets, the objects and the uploads under way.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use crate::blob::Blob;
use crate::failure::Failure;
use crate::sigv4::Checksum;
use crate::world::World;

/// All of S3.
pub(crate) struct Store(Mutex<Shelves>);

#[derive(Default)]
pub(super) struct Shelves {
    pub(super) buckets: BTreeMap<String, Bucket>,
    pub(super) uploads: BTreeMap<String, Upload>,
}

pub(super) struct Bucket {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) created: i64,
    pub(super) objects: BTreeMap<String, Object>,
}

#[derive(Clone)]
pub(super) struct Object {
    pub(super) data: Blob,
    /// With its quotes.
    pub(super) etag: String,
    pub(super) modified: i64,
    /// Content-Type and the like, and `x-amz-meta-*`: what comes back with the object.
    pub(super) headers: Vec<(String, String)>,
    pub(super) checksum: Checksum,
    /// Of its parts, rather than of the whole.
    pub(super) composite: bool,
    pub(super) parts: usize,
}

pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) started: i64,
    pub(super) headers: Vec<(String, String)>,
    pub(super) algorithm: Option<String>,
    pub(super) composite: bool,
    pub(super) parts: BTreeMap<u32, Part>,
}

#[derive(Clone)]
pub(super) struct Part {
    pub(super) data: Blob,
    pub(super) md5: Vec<u8>,
    pub(super) checksum: Option<Checksum>,
    pub(super) modified: i64,
}

impl Store {
    pub(crate) fn new(world: &World, now: i64) -> Self {
        let buckets = world.buckets.iter().map(|seed| {
            let region = world.home_region().to_owned();
            let objects = BTreeMap::new();
            (seed.name.clone(), Bucket { account: seed.account.clone(), region, created: now, objects })
        });
        Self(Mutex::new(Shelves { buckets: buckets.collect(), uploads: BTreeMap::new() }))
    }

    pub(super) fn open(&self) -> MutexGuard<'_, Shelves> {
        crate::lock(&self.0)
    }
}

impl Shelves {
    /// A bucket that the account may use.
    pub(super) fn bucket(&mut self, name: &str, account: &str) -> Result<&mut Bucket, Failure> {
        match self.buckets.get_mut(name) {
            None => Err(Failure::new(404, "NoSuchBucket", "The specified bucket does not exist")
                .with("BucketName", name)),
            Some(bucket) if bucket.account != account => {
                Err(Failure::new(403, "AccessDenied", "Access Denied"))
            }
            Some(bucket) => Ok(bucket),
        }
    }

    pub(super) fn object(&mut self, bucket: &str, key: &str, account: &str) -> Result<&Object, Failure> {
        let bucket = self.bucket(bucket, account)?;
        bucket.objects.get(key).ok_or_else(|| {
            Failure::new(404, "NoSuchKey", "The specified key does not exist.").with("Key", key)
        })
    }
}
