// Package access is the files of the scenario in this folder, with the server that it asks.
package access

import "embed"

// Files are the configuration, the text for people, and the users, keys of clients and keys of the
// issuer that the configuration names.
//
//go:embed gateway.yaml README.md gate.py jwks.json keys.yaml users.htpasswd
var Files embed.FS

// Token is one of bob's, with the scope orders.read, until the year 2100. The key that signed it is
// gone; that of jwks.json verifies it.
const Token = "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tIiwic" +
	"3ViIjoiYm9iIiwiYXVkIjoic2hvcCIsInNjb3BlIjoib3JkZXJzLnJlYWQiLCJleHAiOjQxMDI0NDQ4M" +
	"DB9.MPQpr9pNn5aYazhGyrenavByswjw0VSFlIE1nCkuF9B_-MJHPEPRmnuP1wgxJ8Yfz8NjRiSUPMY9" +
	"NA_3Mq94rA"
