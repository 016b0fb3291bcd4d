package config

import (
	"crypto/ed25519"
	"errors"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/hostname"
	"github.com/gatewayhomebrew/gateway/libs/pemfile"
)

// Limits that config-sync holds nodes to.
const (
	maxSyncNode   = 253
	maxSyncLabels = 64
	maxLabelName  = 128
	maxLabelValue = 256
)

// configSync checks that a node can reach config-sync, and that nobody else can pretend to be it.
func (v *validator) configSync() {
	c := v.doc.ConfigSync
	if c == nil {
		return
	}
	v.nodeAddress("config_sync.address", c.Address)
	for i, address := range c.Replicas {
		if v.full() {
			return
		}
		v.nodeAddress(text.JoinIndex("config_sync.replicas", i), address)
	}
	if name := v.value(c.Node); name != "" && !ValidNodeName(name) {
		v.wrong("config_sync.node", CodeValue, c.Node, errors.New("is no name of a node"),
			"write up to 253 letters, digits and - _ . :")
	}
	if name := v.value(c.Fleet); name != "" && !ValidNodeName(name) {
		v.wrong("config_sync.fleet", CodeValue, c.Fleet, errors.New("is no name of a fleet"),
			"write up to 253 letters, digits and - _ . :")
	}
	if len(c.Labels) > maxSyncLabels {
		v.add("config_sync.labels", CodeValue, "there are more than 64 labels", "")
	}
	for name, value := range c.Labels {
		if len(name) > maxLabelName || len(v.value(value)) > maxLabelValue {
			v.add("config_sync.labels", CodeValue,
				"the label "+text.Quote(name)+
					" is too long: a name has at most 128 bytes, a value 256", "")
		}
	}
	v.secured(&c.Security, func(key string) func() string {
		return func() string { return "config_sync.security." + key }
	})
	if c.Security.Mode == SecurityTLS {
		v.add("config_sync.security.mode", CodeSecurity,
			"config-sync wants a certificate that says which node this is",
			"write mode: mtls, with cert and key")
	}
	if c.Security.Mode == SecurityNone {
		for i, address := range append([]string{c.Address}, c.Replicas...) {
			host, _, err := splitAddress(v.value(address))
			if err == nil && !hostname.Loopback(host) {
				path := "config_sync.address"
				if i > 0 {
					path = text.JoinIndex("config_sync.replicas", i-1)
				}
				v.add(path, CodeSecurity, text.Quote(address)+" is not on loopback, where "+
					"anybody in between could send this node any configuration",
					"set config_sync.security with mode: mtls")
				break
			}
		}
	}
	if c.PublicKey != "" {
		path := func() string { return "config_sync.public_key" }
		if data := v.material(path, v.doc.Material(c.PublicKey), wrongly); data != nil {
			if _, err := PublicKey(data); err != nil {
				v.unusable("config_sync.public_key", CodeValue, c.PublicKey, err,
					"make a pair with: openssl genpkey -algorithm ed25519", wrongly)
			}
		}
	}
}

// ValidNodeName says whether config-sync takes a name for a node's.
func ValidNodeName(s string) bool {
	return s != "" && len(s) <= maxSyncNode &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") == ""
}

// PublicKey reads the one Ed25519 key of a file in PEM form.
func PublicKey(text []byte) (ed25519.PublicKey, error) {
	keys, err := pemfile.PublicKeys(text)
	if err != nil {
		return nil, err
	}
	if len(keys) > 1 {
		return nil, errors.New("holds more than one public key")
	}
	return keys[0], nil
}
