package openapi_test

import (
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

const pets = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /pet: {post: {requestBody: {content: {application/json: {
        schema: {$ref: '#/components/schemas/Pet'}}}}, responses: {'200': {description: ok}}}}
  /cat: {post: {requestBody: {content: {application/json: {
        schema: {$ref: '#/components/schemas/Cat'}}}}, responses: {'200': {description: ok}}}}
  /lone: {post: {requestBody: {content: {application/json: {
        schema: {$ref: '#/components/schemas/Lone'}}}}, responses: {'200': {description: ok}}}}
components:
  schemas:
    Pet: {type: object, required: [kind], discriminator: {propertyName: kind,
        mapping: {dog: Dog, pup: '#/components/schemas/Dog'}}, properties: {kind: {type: string}}}
    Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {type: object, required: [hunt],
        properties: {hunt: {type: string, enum: [lazy]}}}]}
    Dog: {allOf: [{$ref: '#/components/schemas/Pet'}, {type: object, required: [size],
        properties: {size: {type: integer}}}]}
    Lion: {allOf: [{$ref: '#/components/schemas/Cat'}, {type: object, required: [mane]}]}
    Lone: {type: object, discriminator: {propertyName: kind}}
`

// The discriminator of a schema that others are made of picks one of those.
func TestADiscriminatorOfAParentPicksAnHeir(t *testing.T) {
	against(t, pets, []sent{
		{"POST /pet" + js, `{"kind":"Cat","hunt":"lazy"}`, ""},
		{"POST /pet" + js, `{"kind":"Cat"}`, "body  required"},
		{"POST /pet" + js, `{"kind":"Cat","hunt":"x"}`, "body /hunt enum"},
		{"POST /pet" + js, `{"kind":"dog","size":1}`, ""},
		{"POST /pet" + js, `{"kind":"pup","size":"1"}`, "body /size type"},
		{"POST /pet" + js, `{"kind":"Dog","size":1}`, ""},
		{"POST /pet" + js, `{"kind":"Lion","hunt":"lazy","mane":1}`, ""},
		{"POST /pet" + js, `{"kind":"Lion","mane":1}`, "body  required"},
		{"POST /pet" + js, `{"kind":"Pet"}`, ""},
		{"POST /pet" + js, `{"kind":"cow"}`, "body /kind discriminator"},
		{"POST /pet" + js, `{"kind":""}`, "body /kind discriminator"},
		{"POST /pet" + js, `{}`, "body  required"},
		{"POST /cat" + js, `{"kind":"Cat","hunt":"lazy"}`, ""},
		{"POST /cat" + js, `{"kind":"Cat"}`, "body  required"},
		{"POST /cat" + js, `{"kind":"Lion","hunt":"lazy"}`, "body  required"},
		{"POST /cat" + js, `{"kind":"Dog","hunt":"lazy"}`, "body  required"},
		{"POST /lone" + js, `{"kind":"anything"}`, ""}, // nothing is made of it
	})
	if w := load(t, pets, openapi.Options{}).Warnings(); len(w) > 0 {
		t.Errorf("cautions about what is as it has to be: %v", w)
	}
}
