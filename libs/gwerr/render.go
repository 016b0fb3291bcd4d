package gwerr

import (
	"fmt"
	"strings"
)

// Markdown returns the page docs/errors.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Errors

<!-- Generated from libs/gwerr/catalogue.go by "go test ./docs -update"; do not edit. -->

What the gateway itself answers with. A response of an upstream is never rewritten, so an error without one of these codes
comes from the upstream. The body is ` + "`application/json`" + `, and the ` + "`X-Request-Id`" +
		` field equals ` + "`correlation_id`" + `:

` + "```json" + `
{"error":{"code":"GW_NO_ROUTE","message":"No route matches this host and path.","correlation_id":"0190c8f0c1a27c35a3b1b2f2d3e4f506"}}
` + "```" + `

A gRPC request gets ` + "`grpc-status`, `grpc-message`" +
		` and the code in a trailer instead. The access log line of the request has the
same code in its ` + "`code`" + ` field.

| code | status | gRPC | who can act | summary |
|---|---|---|---|---|
`)
	for _, e := range All() {
		fmt.Fprintf(&b, "| [%s](#%s) | %d | %d | %s | %s |\n", e.Name, strings.ToLower(e.Name),
			e.Status, e.GRPC, e.Fault, e.Summary)
	}
	for _, e := range All() {
		fmt.Fprintf(&b, "\n## %s\n\nStatus %d", e.Name, e.Status)
		if e.Header != "" {
			fmt.Fprintf(&b, ", with `%s`", e.Header)
		}
		fmt.Fprintf(&b, ". %s\n\n**Why:** %s\n\n**What to do:** %s\n", e.Summary, e.Cause, e.Action)
	}
	return b.String()
}

// OpenAPI returns the document openspec/errors.yaml: the schema of the body, and one reusable
// response per status, for other documents to refer to.
func OpenAPI() string {
	var b strings.Builder
	b.WriteString(
		`# Generated from libs/gwerr/catalogue.go by "go test ./openspec -update"; do not edit.
openapi: 3.1.0
info:
  title: Errors made by the gateway
  version: "1"
  description: The schema and the responses that any API behind the gateway can answer with. It has no paths; refer to its components.
paths: {}
components:
  schemas:
    Error:
      type: object
      additionalProperties: false
      required: [error]
      properties:
        error:
          type: object
          additionalProperties: false
          required: [code, message, correlation_id]
          properties:
            code: {$ref: "#/components/schemas/ErrorCode"}
            message: {type: string, description: "One sentence for a person; its wording is not stable."}
            correlation_id: {type: string, description: "The value of X-Request-Id, for finding the request in logs and traces."}
            violations:
              type: array
              description: With GW_CONTRACT_REQUEST and GW_CONTRACT_RESPONSE, what is not as the OpenAPI document has it.
              maxItems: 10
              items: {$ref: "#/components/schemas/Violation"}
    Violation:
      type: object
      additionalProperties: false
      required: [where, pointer, rule, message]
      properties:
        where: {type: string, enum: [operation, path, query, header, cookie, body, status]}
        pointer: {type: string, description: "Leads to the value within that part (RFC 6901); a parameter is /name."}
        rule: {type: string, description: "What is broken: a keyword of JSON Schema, or a rule of docs/contracts.md."}
        message: {type: string, description: "One sentence for a person; its wording is not stable."}
    ErrorCode:
      type: string
      description: Stable; clients may branch on it.
      enum:
`)
	for _, e := range All() {
		fmt.Fprintf(&b, "        - %s # %d: %s\n", e.Name, e.Status, e.Summary)
	}
	b.WriteString("  responses:\n")
	done := map[int]bool{}
	for _, first := range All() {
		if done[first.Status] {
			continue
		}
		done[first.Status] = true
		var names []string
		headers := "        X-Request-Id: {schema: {type: string}}\n"
		for _, e := range All() {
			if e.Status != first.Status {
				continue
			}
			names = append(names, e.Name)
			if e.Header != "" {
				headers += fmt.Sprintf("        %s: {schema: {type: string}}\n", e.Header)
			}
		}
		fmt.Fprintf(&b, `    Status%d:
      description: %s
      headers:
%s      content:
        application/json:
          schema: {$ref: "#/components/schemas/Error"}
`, first.Status, strings.Join(names, ", "), headers)
	}
	return b.String()
}
