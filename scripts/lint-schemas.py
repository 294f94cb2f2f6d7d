"""Checks YAML against schemas that `kubernetes-validate` does not have; scripts/lint calls it.

lint-schemas.py monitors CRD RENDERED      the ServiceMonitors in RENDERED, by the schema in the definition of their kind
lint-schemas.py compose SCHEMA FILE
"""

import json
import sys

import jsonschema
import yaml


def closed(schema):
    """The same schema, which also refuses unknown keys, as the server does with strict validation."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return schema


def check(document, schema, name):
    faults = sorted(jsonschema.Draft202012Validator(schema).iter_errors(document), key=lambda fault: fault.json_path)
    for fault in faults:
        print(f"{name}: {fault.json_path}: {fault.message}", file=sys.stderr)
    return not faults


def main():
    kind, schema, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        documents = list(yaml.safe_load_all(file))
    with open(schema, encoding="utf-8") as file:
        schema = yaml.safe_load(file) if kind == "monitors" else json.load(file)
    if kind == "monitors":
        version = schema["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        version["properties"]["metadata"] = {"type": "object"}
        schema = closed(version)
        documents = [document for document in documents if document["kind"] == "ServiceMonitor"]
    good = [check(document, schema, path) for document in documents]
    sys.exit(0 if all(good) else 1)


main()
