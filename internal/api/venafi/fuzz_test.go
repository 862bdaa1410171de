// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// alwaysAnswer starts a server that answers a certain path with what it is told, and all else as a
// server does that has nothing, and gives clients of it.
func alwaysAnswer(f *testing.F) func(t *testing.T, path string, status int, body []byte) *Client {
	f.Helper()
	type said struct {
		path   string
		status int
		body   []byte
	}
	usual := map[string]string{
		"/vedauth/authorize/oauth":  `{"access_token":"a-token-of-mine","expires_in":7776000,"identity":"local:{5be5a591-c842-4520-9142-b455f4ad2200}","scope":"admin"}`,
		"/vedsdk/oauth/listroles":   `{"Result":0,"Success":true,"Roles":[]}`,
		"/vedsdk/oauth/getrole":     `{"Result":0,"Success":true,"Role":{"Role":6}}`,
		"/vedsdk/identity/validate": ``,
	}
	var current atomic.Pointer[said]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close") // each input has a client of its own, whose connections nobody else closes
		say := current.Load()
		if r.URL.Path != say.path {
			_, _ = io.WriteString(w, usual[r.URL.Path])
			return
		}
		w.WriteHeader(say.status)
		_, _ = w.Write(say.body)
	}))
	f.Cleanup(server.Close)
	return func(t *testing.T, path string, status int, body []byte) *Client {
		t.Helper()
		current.Store(&said{path, 200 + max(status, -status)%400, body})
		c, err := New(Config{URL: server.URL, ClientID: "c", Username: "u", Password: "a-password-of-mine", Rest: rest.Config{RetryWaitMin: 1}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// checkError wants what a person can read in one go: valid text, in one line, of bounded length.
func checkError(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); text == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x00\x1b") || len(text) > 8000 {
		t.Fatalf("%T %.200q", err, text)
	}
}

var faults = []string{
	`{"error":"invalid_grant","error_description":"x"}`, `{"Error":"insufficient_scope"}`, `{"Result":9,"Success":false,"Error":"x"}`, `{"Result":"9"}`, `{"Result":1e9}`,
	`<h2>Rerun the transaction</h2>`, ``, `null`, `[]`, `7`, "\xff",
}

func addAll(f *testing.F, seeds ...string) {
	f.Helper()
	for _, seed := range append(seeds, faults...) {
		f.Add(0, []byte(seed))
		f.Add(201, []byte(seed))
	}
}

// FuzzLogin: a token that is taken is not empty and begins to live now, and no failed login shows
// what it was tried with.
func FuzzLogin(f *testing.F) {
	addAll(f, `{"access_token":"t","expires_in":60,"identity":"local:{x}","scope":"admin"}`, `{"access_token":"t","expires":1}`, `{"access_token":"t","expires":"9223372036854775807"}`,
		`{"access_token":"t","expires_in":9223372036854775807}`, `{"access_token":"t","expires_in":-1,"identity":7}`, `{"access_token":""}`, `{"access_token":7}`,
		`{"error":"invalid_grant","error_description":"a-password-of-mine"}`)
	client := alwaysAnswer(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := client(t, "/vedauth/authorize/oauth", status, body)
		token, err := c.Login(t.Context(), "", "")
		if err == nil {
			if token.AccessToken == "" || !utf8.ValidString(token.AccessToken) || status%400 > 99 || status%400 < -99 {
				t.Fatalf("%d %q gave %+v", status, body, token)
			}
			return
		}
		checkError(t, err)
		if strings.Contains(err.Error(), "a-password-of-mine") {
			t.Fatal(err)
		}
	})
}

// FuzzEnvelope: a role is granted or revoked only where the answer says that twice, and what it
// says otherwise has a name.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range append([]string{
		`{"Result":0,"Success":true}`, `{"Result":0,"Success":false}`, `{"Success":true}`, `{"Result":16,"Success":true}`, `{"Result":-1,"Success":false}`,
		`{"result":0,"success":true,"Error":null}`, `{"Result":0,"Success":true}{}`, `{"Result":24,"Success":false,"Error":{"x":1}}`,
	}, faults...) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := decodeEnvelope(200, nil, strings.NewReader(string(body)))
		var plain struct {
			Success bool
			Result  *int
		}
		says := json.Unmarshal(body, &plain) == nil && plain.Success && plain.Result != nil && *plain.Result == 0
		if (err == nil) && !says {
			t.Fatalf("%q is taken for a success", body)
		}
		if err != nil {
			checkError(t, err)
			if result := ResultOf(err); says && result != Success || result.String() == "" || result.Meaning() == "" {
				t.Fatalf("%q: result %d", body, result)
			}
		}
	})
}

// FuzzIdentity: an identity that is found has an ID, and what is said of a token and of the caller
// is fit to print.
func FuzzIdentity(f *testing.F) {
	addAll(f, `{"ID":{"Name":"a","PrefixedName":"local:a","PrefixedUniversal":"local:{x}","Prefix":"local","Universal":"{x}","IsGroup":false,"Type":1,"State":"4"}}`,
		`{"ID":null}`, `{"ID":{}}`, `{"ID":{"PrefixedUniversal":7,"IsGroup":"no"}}`, `{"Identities":[{"PrefixedUniversal":"local:{x}"},{"IsGroup":true}]}`, `{"Identities":[null]}`, `{"Identities":[[]]}`,
		`{"identity":"local:{x}","scope":"admin","access_issued_on_unix_time":1,"valid_for":9223372036854775807}`, `{"identity":7,"valid_for":"-1"}`,
		`{"Role":{"Role":4,"PermittedApplications":["a"],"OwnedApplications":[{"ApplicationId":"a"}]},"Result":0,"Success":true}`)
	client := alwaysAnswer(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := client(t, "/vedsdk/identity/validate", status, body)
		identity, found, err := c.IdentityByName(t.Context(), "local:a")
		switch {
		case err != nil:
			checkError(t, err)
		case found && (identity.PrefixedUniversal == "" || !utf8.ValidString(identity.Name+identity.PrefixedUniversal+identity.FullName)), !found && identity != (Identity{}):
			t.Fatalf("%q gave %+v, %v", body, identity, found)
		}
		c = client(t, "/vedsdk/identity/self", status, body)
		if self, _, err := c.Self(t.Context()); err != nil {
			checkError(t, err)
		} else if self.PrefixedUniversal == "" {
			t.Fatalf("%q is nobody", body)
		}
		c = client(t, "/vedauth/authorize/verify", status, body)
		if grant, err := c.Verify(t.Context(), "a-token-of-mine"); err != nil {
			checkError(t, err)
		} else if !utf8.ValidString(grant.Identity + grant.Scope + grant.Application) {
			t.Fatalf("%q gave %+v", body, grant)
		}
		c = client(t, "/vedsdk/oauth/getrole", status, body)
		if own, err := c.GetRole(t.Context()); err != nil {
			checkError(t, err)
		} else if own.Role.String() == "" || !utf8.ValidString(strings.Join(own.PermittedApplications, "")) {
			t.Fatalf("%q gave %+v", body, own)
		}
		c = client(t, "/vedauth/revoke/token", status, body)
		if err := c.RevokeToken(t.Context(), "a-token-of-mine"); err != nil {
			checkError(t, err)
		}
	})
}

// FuzzWrites: a grant or a revoke is done only if the answer says so, and it ends.
func FuzzWrites(f *testing.F) {
	addAll(f, `{"Result":0,"Success":true}`, `{"Result":0,"Success":false}`, `{"Result":16,"Success":false}`, `{"Result":18,"Success":false,"Error":"x"}`, `{"Result":11}`)
	client := alwaysAnswer(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		g := Grant{Grantee: "local:{5be5a591-c842-4520-9142-b455f4ad2201}", Role: Auditor}
		says := decodeEnvelope(200, nil, strings.NewReader(string(body))) == nil && status%400 < 100 && status%400 > -100
		for path, call := range map[string]func(*Client, context.Context, Grant) error{
			"/vedsdk/oauth/grantrole": (*Client).GrantRole, "/vedsdk/oauth/revokerole": (*Client).RevokeRole,
		} {
			err := call(client(t, path, status, body), ctx, g)
			if err != nil {
				checkError(t, err)
			}
			if says != (err == nil) {
				t.Fatalf("%s: %d %q gave %v", path, status, body, err)
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("%q takes ten seconds", body)
		}
	})
}

// FuzzGrantee: the canonical form is one of equals, and it loses nothing that tells identities
// apart.
func FuzzGrantee(f *testing.F) {
	for _, seed := range []string{"local:{5be5a591-c842-4520-9142-b455f4ad2286}", "AD+Corp:7F93D2908020204A959910EA5A5704FF", "LDAP+x:cn=a:b", "x", ":", "local:{}", "\xff:\xff", "İ:x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, grantee string) {
		canonical := CanonicalGrantee(grantee)
		if CanonicalGrantee(canonical) != canonical && utf8.ValidString(grantee) {
			t.Fatalf("%q became %q, and that %q", grantee, canonical, CanonicalGrantee(canonical))
		}
		if !SameGrantee(grantee, canonical) {
			t.Fatalf("%q is not the same as %q", grantee, canonical)
		}
		_, universal, ok := strings.Cut(grantee, ":")
		_, kept, _ := strings.Cut(canonical, ":")
		if ok && !IsGUID(universal) && kept != universal || !ok && canonical != grantee {
			t.Fatalf("%q became %q", grantee, canonical)
		}
		if IsGUID(universal) && !strings.EqualFold(strings.NewReplacer("-", "", "{", "", "}", "").Replace(universal), kept) {
			t.Fatalf("%q became %q", grantee, canonical)
		}
	})
}

// FuzzBaseURL: however often a path is pasted, the address is one below which both services are,
// and stays so.
func FuzzBaseURL(f *testing.F) {
	for _, seed := range []string{"https://h", "https://h/vedsdk/", "https://h/x/VedAuth/vedsdk", " https://h/%2fvedsdk ", "http://127.0.0.1:1/vedsdk//", "https://h//", "https://vedsdk"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		base, err := BaseURL(raw)
		if err != nil {
			return
		}
		if again, err := BaseURL(base); err != nil || again != base {
			t.Fatalf("%q became %q, and that %q, %v", raw, base, again, err)
		}
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if lower := strings.ToLower(u.Path); strings.HasSuffix(lower, "/vedsdk") || strings.HasSuffix(lower, "/vedauth") || strings.HasSuffix(lower, "/") {
			t.Fatalf("%q became %q", raw, base)
		}
	})
}
