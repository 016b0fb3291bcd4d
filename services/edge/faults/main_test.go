// Package faults_test has tests with clients and endpoints that are slow, go away, or break off in
// the middle.
package faults_test

import (
	"os"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }
