// Package secrets finds the values that a configuration refers to and does not hold:
// secret:env:NAME in the environment, secret:file:PATH in a file, secret:keychain:SERVICE/ACCOUNT
// in the key store of the operating system (macOS Keychain, Windows Credential Manager, Secret
// Service).
//
// Give [Resolver.Resolve] to libs/config as an option; it is asked once for each reference of a
// document, each time the document is read. Errors say what was tried and never hold a value.
package secrets
