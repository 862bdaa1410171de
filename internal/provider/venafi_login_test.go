// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"
)

// Logins that contradict each other in the configuration are refused before anything is used.
func TestValidateLogin(t *testing.T) {
	t.Parallel()
	certificate, key := newKeyPair(t)
	_, otherKey := newKeyPair(t)
	for _, tc := range []struct {
		name   string
		env    environment
		config any
		want   []string
	}{
		{"no block", nil, nil, nil},
		{"unknown block", nil, unknown{}, nil},
		{"token", nil, object{"access_token": "t"}, nil},
		{"password", nil, object{"client_id": "c", "username": "u", "password": "p"}, nil},
		{"half of a password login may be completed by the environment", nil, object{"username": "u"}, nil},
		{"jwt", nil, object{"client_id": "c", "jwt": "j"}, nil},
		{"certificate", nil, object{"client_id": "c", "client_certificate": certificate, "client_key": key}, nil},
		{"another kind in the environment loses", environment{"VENAFI_JWT": "j"}, object{"access_token": "t"}, nil},
		{
			"token and password", nil, object{"access_token": "s3cret", "username": "u"},
			[]string{"More than one kind of login", "an access token: venafi.access_token", "a user and password: venafi.username", "exactly one"},
		},
		{"password and jwt", nil, object{"password": "s3cret", "jwt": "s3cret"}, []string{"venafi.password", "venafi.jwt"}},
		{"jwt and certificate", nil, object{"jwt": "s3cret", "client_key": key}, []string{"venafi.jwt", "venafi.client_key"}},
		{"three kinds", nil, object{"access_token": "s3cret", "jwt": "s3cret", "username": "u"}, []string{"venafi.access_token", "venafi.jwt", "venafi.username"}},
		{"the other kind may turn out null", nil, object{"access_token": "t", "jwt": unknown{}}, nil},
		{
			"certificate without key", nil, object{"client_certificate": certificate},
			[]string{"Incomplete login", "the key is not set", "venafi.client_key (environment variable VENAFI_CLIENT_KEY)"},
		},
		{
			"key without certificate", nil, object{"client_key": key},
			[]string{"Incomplete login", "the certificate is not set", "venafi.client_certificate (environment variable VENAFI_CLIENT_CERTIFICATE)"},
		},
		{"the key comes from the environment", environment{"VENAFI_CLIENT_KEY": key}, object{"client_certificate": certificate}, nil},
		{"the key is not known yet", nil, object{"client_certificate": certificate, "client_key": unknown{}}, nil},
		{
			"the key of another certificate", nil, object{"client_certificate": certificate, "client_key": otherKey},
			[]string{"venafi.client_certificate and venafi.client_key don't go together"},
		},
		{"no certificate", nil, object{"client_certificate": key, "client_key": key}, []string{"venafi.client_certificate: ", `"PRIVATE KEY"`}},
		{"no key", nil, object{"client_certificate": certificate, "client_key": "s3cret"}, []string{"venafi.client_key: ", "no PEM private key"}},
		{
			"key with a passphrase", nil, object{"client_certificate": certificate, "client_key": encodePEM("ENCRYPTED PRIVATE KEY", []byte("x"))},
			[]string{"venafi.client_key: ", "is encrypted", "client_key_password"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := protocolReport(validate(t, tc.env, object{"venafi": tc.config}))
			wantReport(t, got, tc.want)
			if strings.Contains(got, "s3cret") {
				t.Errorf("the report repeats a secret:\n%s", got)
			}
		})
	}
}

// Which login a used service gets.
func TestChooseLogin(t *testing.T) {
	t.Parallel()
	certificate, key := newKeyPair(t)
	for _, tc := range []struct {
		name   string
		env    environment
		config any
		kind   loginKind
		want   []string // of the error
	}{
		{"token", nil, object{"access_token": "t"}, accessTokenLogin, nil},
		{"password", nil, object{"client_id": "c", "username": "u", "password": "p"}, passwordLogin, nil},
		{"jwt", nil, object{"client_id": "c", "jwt": "j"}, jwtLogin, nil},
		{"certificate", nil, object{"client_id": "c", "client_certificate": certificate, "client_key": key}, certificateLogin, nil},
		{"token from the environment", environment{"VENAFI_TOKEN": "t"}, nil, accessTokenLogin, nil},
		{"password from the environment", environment{"VENAFI_CLIENT_ID": "c", "VENAFI_USER": "u", "VENAFI_PASS": "p"}, nil, passwordLogin, nil},
		{"jwt from the environment", environment{"VENAFI_CLIENT_ID": "c", "VENAFI_JWT": "j"}, nil, jwtLogin, nil},
		{
			"certificate from the environment",
			environment{"VENAFI_CLIENT_ID": "c", "VENAFI_CLIENT_CERTIFICATE": certificate, "VENAFI_CLIENT_KEY": key}, nil, certificateLogin, nil,
		},
		{"the configuration wins over other kinds in the environment", environment{"VENAFI_TOKEN": "t", "VENAFI_USER": "u"}, object{"client_id": "c", "jwt": "j"}, jwtLogin, nil},
		{"the environment completes the kind in the configuration", environment{"VENAFI_PASS": "p", "VENAFI_CLIENT_ID": "c", "VENAFI_TOKEN": "t"}, object{"username": "u"}, passwordLogin, nil},
		{
			"two kinds in the environment", environment{"VENAFI_TOKEN": "s3cret", "VENAFI_USER": "u", "VENAFI_PASS": "s3cret"}, nil, 0,
			[]string{
				"More than one kind of login",
				"an access token: venafi.access_token, from the environment variable VENAFI_TOKEN",
				"a user and password: venafi.username, from the environment variable VENAFI_USER; venafi.password, from the environment variable VENAFI_PASS",
			},
		},
		{
			"none", nil, nil, 0,
			[]string{
				"is not configured", "venafi.access_token (environment variable VENAFI_TOKEN)", "venafi.username (environment variable VENAFI_USER)",
				"venafi.jwt (environment variable VENAFI_JWT)", "venafi.client_key (environment variable VENAFI_CLIENT_KEY)",
				"venafi.client_id (environment variable VENAFI_CLIENT_ID)",
			},
		},
		{"password without a client", nil, object{"username": "u", "password": "p"}, 0, []string{"venafi.client_id (environment variable VENAFI_CLIENT_ID)"}},
		{"user without a password", nil, object{"client_id": "c", "username": "u"}, 0, []string{"venafi.password (environment variable VENAFI_PASS)"}},
		{"password without a user", environment{"VENAFI_PASS": "s3cret"}, object{"client_id": "c"}, 0, []string{"venafi.username (environment variable VENAFI_USER)"}},
		{"jwt without a client", environment{"VENAFI_JWT": "s3cret"}, nil, 0, []string{"venafi.client_id (environment variable VENAFI_CLIENT_ID)"}},
		{"certificate without its key in the environment", environment{"VENAFI_CLIENT_CERTIFICATE": certificate}, object{"client_id": "c"}, 0, []string{"venafi.client_key (environment variable VENAFI_CLIENT_KEY)"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, diags := chooseLogin(resolved(t, venafiBlock, tc.env, tc.config))
			text := report(diags)
			wantReport(t, text, tc.want)
			if strings.Contains(text, "s3cret") {
				t.Errorf("the report repeats a secret:\n%s", text)
			}
			if !diags.HasError() && got.kind != tc.kind {
				t.Errorf("got %s", got.name)
			}
		})
	}
}
