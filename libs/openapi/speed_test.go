package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

// order is a body of about a kilobyte, as an API of a shop has it.
func order() []byte {
	var b strings.Builder
	b.WriteString(`{"id":"6f9619ff-8b86-d011-b42d-00c04fc964ff","created":"2026-11-30T12:00:00Z",` +
		`"email":"jane@example.com","status":"open","lines":[`)
	for i := range 8 {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b,
			`{"sku":"AB-%04d","name":"a thing of some length","count":%d,"price":%d.99,`+
				`"tags":["red","blue"]}`, i, i+1, i*10)
	}
	b.WriteString(`],"address":{"street":"Long Street 1","city":"Berlin","zip":"10115","note":null}}`)
	return []byte(b.String())
}

const orders = `
openapi: 3.1.0
info: {title: orders, version: "1"}
paths:
  /orders/{id}:
    put:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, format: uuid}}
        - {name: dry, in: query, schema: {type: boolean}}
      requestBody: {required: true,
	content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      responses: {"204": {description: done}}
components:
  schemas:
    Order:
      type: object
      required: [id, created, lines]
      additionalProperties: false
      properties:
        id: {type: string, format: uuid}
        created: {type: string, format: date-time}
        email: {type: string, format: email}
        status: {enum: [open, paid, sent]}
        lines: {type: array, maxItems: 100, items: {$ref: '#/components/schemas/Line'}}
        address: {oneOf: [{type: "null"}, {$ref: '#/components/schemas/Address'}]}
    Line:
      type: object
      required: [sku, count, price]
      properties:
        sku: {type: string, pattern: '^[A-Z]{2}-[0-9]{4}$'}
        name: {type: string, minLength: 1, maxLength: 200}
        count: {type: integer, minimum: 1}
        price: {type: number, minimum: 0, multipleOf: 0.01}
        tags: {type: array, uniqueItems: true, items: {type: string}}
    Address:
      type: object
      required: [street, city]
      properties:
        street: {type: string}
        city: {type: string, maxLength: 80}
        zip: {type: string, pattern: '^[0-9]{5}$'}
        note: {type: [string, "null"]}
`

func put(t testing.TB) (*openapi.Contract, *openapi.Request) {
	c := load(t, orders, openapi.Options{})
	return c, &openapi.Request{
		Path: []byte("/orders/6f9619ff-8b86-d011-b42d-00c04fc964ff"), Query: []byte("dry=true"),
		Fields: fields([]string{"Host: x", "Content-Type: application/json"}), Body: order(),
	}
}

func BenchmarkRequestOfAKilobyte(b *testing.B) {
	c, r := put(b)
	b.SetBytes(int64(len(r.Body)))
	b.ReportAllocs()
	for b.Loop() {
		o, _ := c.Operation([]byte("PUT"), r.Path)
		if v := o.CheckRequest(r); v != nil {
			b.Fatal(v)
		}
	}
}

// A request that is as described costs no allocation.
func TestPassingAllocatesNothing(t *testing.T) {
	c, r := put(t)
	method := []byte("PUT")
	n := testing.AllocsPerRun(200, func() {
		o, _ := c.Operation(method, r.Path)
		if v := o.CheckRequest(r); v != nil {
			t.Fatal(v)
		}
	})
	if n > 0.5 {
		t.Errorf("%v allocations", n)
	}
}
