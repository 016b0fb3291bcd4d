//go:build !linux || portable

package netx_test

// portable says that the path that uses only package net is tested.
const portable = true
