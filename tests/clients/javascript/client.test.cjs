// The AWS SDK for JavaScript, version 3: the plain client, the document client, paginators, waiters and errors.

const assert = require("node:assert/strict");
const { after, before, test } = require("node:test");
const dynamodb = require("@aws-sdk/client-dynamodb");
const streams = require("@aws-sdk/client-dynamodb-streams");
const lib = require("@aws-sdk/lib-dynamodb");

const settings = { maxAttempts: 1 };
const client = new dynamodb.DynamoDBClient(settings);
const documents = lib.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const reader = new streams.DynamoDBStreamsClient(settings);
const TableName = "scripts";

before(async () => {
  await client.send(
    new dynamodb.CreateTableCommand({
      TableName,
      AttributeDefinitions: [
        { AttributeName: "id", AttributeType: "S" },
        { AttributeName: "at", AttributeType: "N" },
        { AttributeName: "kind", AttributeType: "S" },
      ],
      KeySchema: [
        { AttributeName: "id", KeyType: "HASH" },
        { AttributeName: "at", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: "by_kind",
          KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
        },
      ],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
    }),
  );
  await dynamodb.waitUntilTableExists({ client, maxWaitTime: 21 }, { TableName });
});

after(async () => {
  await client.send(new dynamodb.DeleteTableCommand({ TableName }));
  await dynamodb.waitUntilTableNotExists({ client, maxWaitTime: 21 }, { TableName });
  for (const used of [client, reader]) used.destroy();
});

test("documents come back as they went", async () => {
  const Item = {
    id: "a",
    at: 1,
    whole: 12345678901234567890n,
    real: 1.5,
    yes: true,
    nothing: null,
    list: [1, "x", { deep: [false] }],
    map: { "a b": "c" },
    texts: new Set(["a", "b"]),
    numbers: new Set([1, 2]),
    bytes: Uint8Array.from([0, 255]),
  };
  await documents.send(new lib.PutCommand({ TableName, Item }));

  const found = await documents.send(new lib.GetCommand({ TableName, Key: { id: "a", at: 1 }, ConsistentRead: true }));

  assert.deepEqual(found.Item.list, Item.list);
  assert.deepEqual(found.Item.map, Item.map);
  assert.equal(found.Item.whole, Item.whole);
  assert.deepEqual(found.Item.texts, Item.texts);
  assert.deepEqual(found.Item.numbers, Item.numbers);
  assert.deepEqual([...found.Item.bytes], [0, 255]);
  assert.equal(found.Item.nothing, null);
});

test("batches write and paginators read", async () => {
  const puts = Array.from({ length: 25 }, (_, at) => ({ PutRequest: { Item: { id: "page", at, kind: `k${at % 2}` } } }));
  const done = await documents.send(new lib.BatchWriteCommand({ RequestItems: { [TableName]: puts } }));
  assert.deepEqual(done.UnprocessedItems ?? {}, {});

  const query = {
    TableName,
    KeyConditionExpression: "id = :id AND #at >= :at",
    ExpressionAttributeNames: { "#at": "at" },
    ExpressionAttributeValues: { ":id": "page", ":at": 5 },
  };
  const pages = [];
  for await (const page of lib.paginateQuery({ client: documents, pageSize: 6 }, query)) pages.push(page.Items);
  const scanned = [];
  for await (const page of lib.paginateScan(
    { client: documents, pageSize: 4 },
    { TableName, IndexName: "by_kind", FilterExpression: "kind = :k", ExpressionAttributeValues: { ":k": "k1" } },
  ))
    scanned.push(...page.Items);

  assert.deepEqual(pages.flat().map((item) => item.at), Array.from({ length: 20 }, (_, at) => at + 5));
  assert.equal(scanned.length, 12);
});

test("errors are the service's classes", async () => {
  await documents.send(new lib.PutCommand({ TableName, Item: { id: "guarded", at: 1, n: 7 } }));
  const update = {
    TableName,
    Key: { id: "guarded", at: 1 },
    UpdateExpression: "SET n = n + :one",
    ConditionExpression: "n = :n",
    ExpressionAttributeValues: { ":one": 1, ":n": 7 },
    ReturnValues: "ALL_NEW",
  };

  const updated = await documents.send(new lib.UpdateCommand(update));
  assert.equal(updated.Attributes.n, 8);
  await assert.rejects(
    documents.send(new lib.UpdateCommand({ ...update, ReturnValuesOnConditionCheckFailure: "ALL_OLD" })),
    (error) => error instanceof dynamodb.ConditionalCheckFailedException && error.Item.n.N === "8",
  );
  await assert.rejects(
    client.send(new dynamodb.DescribeTableCommand({ TableName: "nowhere" })),
    (error) => error instanceof dynamodb.ResourceNotFoundException && error.$metadata.httpStatusCode === 400,
  );
  await assert.rejects(
    documents.send(new lib.GetCommand({ TableName, Key: { id: "a" } })),
    (error) => error.name === "ValidationException" && error.message === "The provided key element does not match the schema",
  );
});

test("transactions tell why they were canceled", async () => {
  const transaction = {
    TransactItems: [
      { Put: { TableName, Item: { id: "t", at: 1 } } },
      { ConditionCheck: { TableName, Key: { id: "none", at: 1 }, ConditionExpression: "attribute_exists(id)" } },
    ],
  };

  await assert.rejects(
    documents.send(new lib.TransactWriteCommand(transaction)),
    (error) =>
      error instanceof dynamodb.TransactionCanceledException &&
      error.CancellationReasons.map((reason) => reason.Code).join() === "None,ConditionalCheckFailed",
  );
  const found = await documents.send(
    new lib.TransactGetCommand({ TransactItems: [{ Get: { TableName, Key: { id: "t", at: 1 } } }] }),
  );
  assert.equal(found.Responses[0].Item, undefined);
});

test("statements take parameters", async () => {
  const statement = `INSERT INTO "${TableName}" VALUE {'id': ?, 'at': ?, 'tags': ?}`;
  await documents.send(new lib.ExecuteStatementCommand({ Statement: statement, Parameters: ["sql", 1, ["x"]] }));
  const found = await documents.send(
    new lib.ExecuteStatementCommand({ Statement: `SELECT tags FROM ${TableName} WHERE id = ? AND at = ?`, Parameters: ["sql", 1] }),
  );

  assert.deepEqual(found.Items, [{ tags: ["x"] }]);
  await assert.rejects(
    documents.send(new lib.ExecuteStatementCommand({ Statement: statement, Parameters: ["sql", 1, []] })),
    dynamodb.DuplicateItemException,
  );
});

test("a stream is read", async () => {
  await documents.send(new lib.PutCommand({ TableName, Item: { id: "streamed", at: 1 } }));
  const table = await client.send(new dynamodb.DescribeTableCommand({ TableName }));
  const StreamArn = table.Table.LatestStreamArn;
  const described = await reader.send(new streams.DescribeStreamCommand({ StreamArn }));
  const { ShardId } = described.StreamDescription.Shards[0];
  const { ShardIterator } = await reader.send(
    new streams.GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" }),
  );
  const { Records } = await reader.send(new streams.GetRecordsCommand({ ShardIterator }));

  const ids = Records.map((record) => record.dynamodb.Keys.id.S);
  assert.ok(ids.includes("streamed"));
  assert.ok(Records.every((record) => record.dynamodb.ApproximateCreationDateTime instanceof Date));
});
