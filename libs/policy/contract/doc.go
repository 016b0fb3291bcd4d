// Package contract is the policy that holds requests and responses against the OpenAPI document of
// their route (routes[].openapi).
//
// What is wrong with a message is refused where the route enforces its document, and counted and
// logged where it only watches. The document was compiled with the configuration; see libs/openapi.
package contract
