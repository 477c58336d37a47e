//! DynamoDB, JSON 1.0: tables, items by key, and a query by the partition key.
//!
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/Welcome.html>

use std::collections::BTreeMap;
use std::sync::Mutex;

use crc_fast::{CrcAlgorithm, checksum};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::message::{Reply, Request};
use crate::sigv4::Verified;
use crate::state::State;
use crate::world::World;

/// Where DynamoDB's own error types live.
pub(crate) const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810#";
/// Where the error types of AWS's JSON framework live.
pub(crate) const FRAMEWORK: &str = "com.amazon.coral.service#";
const TARGET: &str = "DynamoDB_20120810.";
const MAX_TABLES: usize = 2500;
const MAX_ITEM: usize = 400 * 1024;
/// All items together, in bytes of their JSON.
const MAX_STORED: usize = 256 * 1024 * 1024;

/// All tables, by account, region and name.
pub(crate) struct Tables(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    tables: BTreeMap<(String, String, String), Table>,
    stored: usize,
}

struct Table {
    /// Name, `HASH` or `RANGE`, and type of each key attribute, the partition key first.
    keys: Vec<(String, &'static str, String)>,
    created: i64,
    /// By the JSON of the key.
    items: BTreeMap<String, Map<String, Value>>,
}

impl Tables {
    pub(crate) fn new(world: &World, now: i64) -> Self {
        let mut shelf = Shelf::default();
        for seed in &world.tables {
            let mut keys = vec![(seed.partition_key.clone(), "HASH", "S".to_owned())];
            keys.extend(seed.sort_key.iter().map(|name| (name.clone(), "RANGE", "S".to_owned())));
            let region = seed.region.as_deref().unwrap_or(world.home_region()).to_owned();
            let table = Table { keys, created: now, items: BTreeMap::new() };
            shelf.tables.insert((seed.account.clone(), region, seed.name.clone()), table);
        }
        Self(Mutex::new(shelf))
    }
}

/// Answers a request whose signature was found right.
pub(crate) fn answer(
    state: &State,
    request: &Request,
    verified: &Verified,
    now: i64,
) -> Result<Reply, Failure> {
    let operation = request.header("x-amz-target").and_then(|target| target.strip_prefix(TARGET));
    let operation = operation.ok_or_else(|| Failure::new(400, "UnknownOperationException", ""))?;
    let input: Value = serde_json::from_slice(&request.body)
        .map_err(|_| Failure::new(400, "SerializationException", "the request is no JSON document"))?;
    let mut shelf = crate::lock(&state.tables.0);
    let (account, region) = (verified.key.identity.account(), verified.claim.region.as_str());
    if operation == "ListTables" {
        let names: Vec<&String> = shelf
            .tables
            .keys()
            .filter(|(owner, place, _)| owner == account && place == region)
            .map(|(_, _, name)| name)
            .collect();
        return Ok(reply(200, &json!({"TableNames": names})));
    }
    let name = input.get("TableName").and_then(Value::as_str).unwrap_or_default();
    // An ARN names a table as well.
    let name = name.rsplit_once(":table/").map_or(name, |(_, name)| name);
    if !(3..=255).contains(&name.len()) {
        return Err(invalid("TableName must be at least 3 characters long and at most 255 characters long"));
    }
    let place = (account.to_owned(), region.to_owned(), name.to_owned());
    if operation == "CreateTable" {
        if shelf.tables.contains_key(&place) {
            return Err(Failure::new(400, "ResourceInUseException", format!("Table already exists: {name}")));
        }
        if shelf.tables.len() >= MAX_TABLES {
            return Err(Failure::new(
                400,
                "LimitExceededException",
                "Subscriber limit exceeded: too many tables",
            ));
        }
        let table = create(&input, now)?;
        let description = describe(&table, &place);
        shelf.tables.insert(place, table);
        return Ok(reply(200, &json!({"TableDescription": description})));
    }
    let stored = shelf.stored;
    let known = matches!(
        operation,
        "DescribeTable" | "DeleteTable" | "PutItem" | "GetItem" | "DeleteItem" | "Query" | "Scan"
    );
    if !known {
        return Err(Failure::new(400, "UnknownOperationException", ""));
    }
    let table = shelf.tables.get_mut(&place).ok_or_else(|| {
        let message = match operation {
            "DescribeTable" | "DeleteTable" => {
                format!("Requested resource not found: Table: {name} not found")
            }
            _ => "Requested resource not found".to_owned(),
        };
        Failure::new(400, "ResourceNotFoundException", message)
    })?;
    let output = match operation {
        "DescribeTable" => json!({"Table": describe(table, &place)}),
        "DeleteTable" => {
            let description = describe(table, &place);
            shelf.tables.remove(&place);
            json!({"TableDescription": description})
        }
        "PutItem" => {
            let item = object(&input, "Item")?.clone();
            let size = Value::Object(item.clone()).to_string().len();
            if size > MAX_ITEM {
                return Err(invalid("Item size has exceeded the maximum allowed size"));
            }
            if stored + size > MAX_STORED {
                let message = "the emulator holds no more items than this";
                return Err(Failure::new(400, "LimitExceededException", message));
            }
            let key = table.key(&item, false)?;
            let old = table.items.insert(key, item);
            shelf.stored += size;
            returned(&input, old)
        }
        "GetItem" => {
            let key = table.key(object(&input, "Key")?, true)?;
            table.items.get(&key).map_or_else(|| json!({}), |item| json!({"Item": item}))
        }
        "DeleteItem" => {
            let key = table.key(object(&input, "Key")?, true)?;
            let old = table.items.remove(&key);
            let size = old.as_ref().map_or(0, |item| Value::Object(item.clone()).to_string().len());
            shelf.stored = stored.saturating_sub(size);
            returned(&input, old)
        }
        "Query" => found(&query(table, &input)?, table.items.len()),
        _ => found(&table.items.values().cloned().collect::<Vec<_>>(), table.items.len()),
    };
    Ok(reply(200, &output))
}

/// Adds the checksum that every reply of DynamoDB carries.
pub(crate) fn with_crc32(reply: Reply) -> Reply {
    let crc = checksum(CrcAlgorithm::Crc32IsoHdlc, &reply.body.chunks.concat());
    reply.header("x-amz-crc32", crc.to_string())
}

impl Table {
    /// The key of an item in one form; `exact` if there must be nothing but the key.
    fn key(&self, item: &Map<String, Value>, exact: bool) -> Result<String, Failure> {
        let mismatch = || invalid("The provided key element does not match the schema");
        if exact && item.len() != self.keys.len() {
            return Err(mismatch());
        }
        let mut parts = Vec::new();
        for (name, _, kind) in &self.keys {
            let Some(value) = item.get(name) else {
                return Err(if exact {
                    mismatch()
                } else {
                    invalid(format!(
                        "One or more parameter values were invalid: Missing the key {name} in the item"
                    ))
                });
            };
            let text = value.get(kind).and_then(Value::as_str).ok_or_else(mismatch)?;
            if text.is_empty() {
                return Err(invalid(format!(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot \
                     contain an empty string value. Key: {name}"
                )));
            }
            parts.push(text);
        }
        Ok(json!(parts).to_string())
    }
}

fn create(input: &Value, now: i64) -> Result<Table, Failure> {
    let list = |name: &str| input.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let definitions = list("AttributeDefinitions");
    let mut keys = Vec::new();
    for (at, element) in list("KeySchema").iter().enumerate() {
        let name = text(element, "AttributeName");
        let role = match (at, text(element, "KeyType").as_str()) {
            (0, "HASH") => "HASH",
            (1, "RANGE") => "RANGE",
            _ => return Err(invalid("Invalid KeySchema: the first element is HASH, the second RANGE")),
        };
        let kind = definitions
            .iter()
            .find(|definition| text(definition, "AttributeName") == name)
            .map(|definition| text(definition, "AttributeType"))
            .filter(|kind| matches!(kind.as_str(), "S" | "N" | "B"))
            .ok_or_else(|| {
                invalid(
                    "One or more parameter values were invalid: Some index key attributes are not defined in \
                     AttributeDefinitions.",
                )
            })?;
        keys.push((name, role, kind));
    }
    if keys.is_empty() {
        return Err(invalid("KeySchema must have at least one element"));
    }
    Ok(Table { keys, created: now, items: BTreeMap::new() })
}

fn describe(table: &Table, (account, region, name): &(String, String, String)) -> Value {
    let schema: Vec<Value> =
        table.keys.iter().map(|(name, role, _)| json!({"AttributeName": name, "KeyType": role})).collect();
    let definitions: Vec<Value> = table
        .keys
        .iter()
        .map(|(name, _, kind)| json!({"AttributeName": name, "AttributeType": kind}))
        .collect();
    json!({
        "TableName": name, "TableStatus": "ACTIVE", "CreationDateTime": table.created,
        "TableArn": format!("arn:aws:dynamodb:{region}:{account}:table/{name}"),
        "KeySchema": schema, "AttributeDefinitions": definitions, "ItemCount": table.items.len(),
        "TableSizeBytes": 0, "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}})
}

/// `KeyConditionExpression` as `name = :value` for the key attributes, joined by `AND`.
fn query(table: &Table, input: &Value) -> Result<Vec<Map<String, Value>>, Failure> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
    let lookup = |map: &str, name: &str| input.get(map).and_then(|values| values.get(name)).cloned();
    let mut wanted = Vec::new();
    for part in text("KeyConditionExpression").replace(" and ", " AND ").split(" AND ") {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| invalid("the emulator knows only equality in a KeyConditionExpression"))?;
        let name = match lookup("ExpressionAttributeNames", name.trim()) {
            Some(Value::String(name)) => name,
            _ => name.trim().to_owned(),
        };
        let value = lookup("ExpressionAttributeValues", value.trim()).ok_or_else(|| {
            let value = value.trim();
            invalid(format!("Invalid KeyConditionExpression: An expression attribute value used in expression is not defined; attribute value: {value}"))
        })?;
        wanted.push((name, value));
    }
    let has = |name: &str| wanted.iter().any(|(wanted, _)| wanted == name);
    if !table.keys.first().is_some_and(|(name, _, _)| has(name)) {
        return Err(invalid("Query condition missed key schema element"));
    }
    let matches =
        |item: &&Map<String, Value>| wanted.iter().all(|(name, value)| item.get(name) == Some(value));
    Ok(table.items.values().filter(matches).cloned().collect())
}

fn found(items: &[Map<String, Value>], scanned: usize) -> Value {
    json!({"Count": items.len(), "ScannedCount": scanned.min(items.len()), "Items": items})
}

fn returned(input: &Value, old: Option<Map<String, Value>>) -> Value {
    match old {
        Some(old) if input.get("ReturnValues").and_then(Value::as_str) == Some("ALL_OLD") => {
            json!({"Attributes": old})
        }
        _ => json!({}),
    }
}

fn object<'a>(input: &'a Value, name: &str) -> Result<&'a Map<String, Value>, Failure> {
    input.get(name).and_then(Value::as_object).ok_or_else(|| {
        let member = name.to_lowercase();
        invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

fn reply(status: u16, body: &Value) -> Reply {
    Reply::new(status, body.to_string()).header("Content-Type", "application/x-amz-json-1.0")
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(400, "ValidationException", message)
}
