// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

func collectRoles(body string) ([]Grant, error) {
	var got []Grant
	err := decodeRoles(strings.NewReader(body), func(g Grant) { got = append(got, g) }, func(row []byte) { got = append(got, Grant{Grantee: "unread " + string(row)}) })
	return got, err
}

func TestDecodeRoles(t *testing.T) {
	t.Parallel()
	want := []Grant{{Grantee: "local:{5be5a591-c842-4520-9142-b455f4ad2286}", Role: 2, ApplicationID: "MyIntegration"}, {Grantee: "local:x", Role: 6}}
	for name, body := range map[string]string{
		"as printed":   `{"Result":0,"Roles":[{"ApplicationId":"MyIntegration","Grantee":"local:{5be5a591-c842-4520-9142-b455f4ad2286}","Role":2},{"Grantee":"local:x","Role":6}],"Success":true}`,
		"other order":  ` {"Success":true,"Error":null,"Roles":[{"Role":2,"Grantee":"local:{5be5a591-c842-4520-9142-b455f4ad2286}","ApplicationId":"MyIntegration"},{"Role":6,"ApplicationId":null,"Grantee":"local:x"}],"Result":0} `,
		"other case":   `{"success":true,"roles":[{"role":2,"grantee":"local:{5be5a591-c842-4520-9142-b455f4ad2286}","applicationid":"MyIntegration"},{"role":"6","applicationid":"","grantee":"local:x"}],"result":0}`,
		"more than is": `{"New":{"Roles":[1]},"Result":0,"Roles":[{"ApplicationId":"MyIntegration","Grantee":"local:{5be5a591-c842-4520-9142-b455f4ad2286}","Role":2,"New":[1]},{"Grantee":"local:x","Role":6.0}],"Success":true}`,
	} {
		got, err := collectRoles(body)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v, roles (-want +got):\n%s", name, err, diff)
		}
	}
	if got, err := collectRoles(`{"Result":0,"Success":true,"Roles":[]}`); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

// A row that can't be read is neither a role nor nothing.
func TestRowsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for _, row := range []string{
		`{"Grantee":null,"Role":1}`, `{"Grantee":"","Role":1}`, `{"Grantee":"local:y"}`, `{"Grantee":"local:y","Role":null}`, `{"Grantee":"local:y","Role":"Admin"}`,
		`{"Grantee":"local:y","Role":1.5}`, `{"Grantee":"local:y","Role":1e99}`, `{"GranteePrefixedUniversal":"local:y","Role":1}`,
		`{"Grantee":{"PrefixedUniversal":"local:y"},"Role":1}`, `{"Grantee":"local:y","Role":2,"ApplicationId":7}`, `null`, `7`, `["local:y",1]`,
	} {
		got, err := collectRoles(`{"Result":0,"Success":true,"Roles":[{"Grantee":"local:x","Role":6},` + row + `]}`)
		want := []Grant{{Grantee: "local:x", Role: 6}, {Grantee: "unread " + row}}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v, (-want +got):\n%s", row, err, diff)
		}
	}
	listed := newListing(time.Now())
	if err := listed.Unread(); err != nil {
		t.Error(err)
	}
	for i := range 5 {
		listed.addUnread(fmt.Appendf(nil, `{"Grantee":%d}`, i))
	}
	err := listed.Unread()
	for _, want := range []string{"5 roles", `{\"Grantee\":0}`, `{\"Grantee\":2}`, "and 2 more", "ListRoles"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// More rows than a machine has memory for are an error, however small they are packed.
func TestTooManyRoles(t *testing.T) {
	t.Parallel()
	row := `{"Grantee":"local:x","Role":6},`
	body := io.MultiReader(strings.NewReader(`{"Result":0,"Success":true,"Roles":[`), strings.NewReader(strings.Repeat(row, maxRoles)),
		strings.NewReader(row[:len(row)-1]+`]}`))
	count := 0
	err := decodeRoles(body, func(Grant) { count++ }, func([]byte) {})
	if e, ok := errors.AsType[*rest.Error](err); !ok || !strings.Contains(err.Error(), "more than 1000000 roles") || e.Transient || count != maxRoles {
		t.Errorf("%d roles, %v", count, err)
	}
}

func TestDecodeRolesFailures(t *testing.T) {
	t.Parallel()
	whole := `{"Result":0,"Roles":[{"Grantee":"local:x","Role":6}],"Success":true}`
	for _, test := range []struct {
		body, want string
		transient  bool
	}{
		{"", "nothing", true},
		{"<html><title>Busy</title></html>", "HTML", true},
		{whole[:len(whole)/2], "cut off", true},
		{whole[:len(whole)-1], "cut off", true},
		{whole + "x", "cut off or damaged", true},
		{`{"Result":0,"Success":true,"Roles":[{"Grantee":"` + strings.Repeat("x", 2*maxElement) + `","Role":6}]}`, "longer than 1048576 bytes", false},
		{`{"Result":0,"Success":true,"New":"` + strings.Repeat("x", 2*maxElement) + `","Roles":[]}`, "longer than 1048576 bytes", false},
		{"{\"Result\":0,\"Success\":true,\"Roles\":[{\"Grantee\":\"local:\xff\",\"Role\":6}]}", "not valid UTF-8", false},
		{`{"Result":0,"Success":true,"Roles":{}}`, "unexpected shape", false},
		{`{"Result":0,"Success":true,"Roles":7}`, "unexpected shape", false},
		{`{"Result":"0","Success":true,"Roles":[]}`, "unexpected shape", false},
		{`{"Result":0,"Success":true}`, "without a list of roles", false},
		{`{"Result":0,"Success":true,"Roles":null}`, "without a list of roles", false},
		{`[]`, "unexpected shape", false},
		{`null`, "without a result", false},
		{`{}`, "without a result", false},
		{`{"Success":true,"Roles":[]}`, "without a result", false},
		{`{"Result":0,"Roles":[]}`, "Success is not true", false},
		{`{"Result":9,"Success":false,"Error":"no"}`, "InsufficientPrivileges", false},
		{`{"Result":9,"Success":true,"Roles":[]}`, "InsufficientPrivileges", false},
	} {
		_, err := collectRoles(test.body)
		e, ok := errors.AsType[*rest.Error](err)
		if !ok || !strings.Contains(err.Error(), test.want) || e.Transient != test.transient {
			t.Errorf("%s: got %v, want %q, transient %t", test.body, err, test.want, test.transient)
		}
	}
}

func TestDecodeRolesInPieces(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var body bytes.Buffer
	body.WriteString(`{"Result":0,"Roles":[`)
	for i := range n {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"ApplicationId":"app-%d","Grantee":"local:{5be5a591-c842-4520-9142-%012x}","Role":2}`, i%7, i)
	}
	body.WriteString(`],"Success":true}`)
	count := 0
	if err := decodeRoles(io.LimitReader(&body, int64(body.Len())), func(Grant) { count++ }, func([]byte) {}); err != nil || count != n {
		t.Errorf("got %d, %v; want %d", count, err, n)
	}
}

// FuzzDecodeRoles: no answer makes the client panic, and only an answer with Result 0 and Success
// true is one.
func FuzzDecodeRoles(f *testing.F) {
	for _, seed := range []string{
		`{"Result":0,"Roles":[{"ApplicationId":"a","Grantee":"local:x","Role":2}],"Success":true}`, `{"Result":16,"Success":false,"Error":"x"}`,
		`{"Roles":[`, `{"Roles":[[]]}`, `{"Result":0,"Success":true,"Roles":[{"Role":1e99,"Grantee":7}]}`, `null`, `<html>`, "{\"Roles\":[{\"Grantee\":\"\xff\"}]}",
		`{"Result":0,"Success":true,"Success":false}`, `{"Role":{"Role":4,"PermittedApplications":["a"],"OwnedApplications":[{"ApplicationId":"a"}]},"Result":0,"Success":true}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		err := decodeRoles(bytes.NewReader(body), func(g Grant) {
			if g.Grantee == "" {
				t.Error("a role of nobody")
			}
			_ = g.Key()
		}, func([]byte) {})
		if err == nil {
			var e envelope
			if rest.UnmarshalJSON(body, &e) != nil || !e.Success || e.Result == nil || *e.Result != 0 {
				t.Errorf("taken for a success: %q", body)
			}
		} else if err.Error() == "" {
			t.Error("an error without a text")
		}
		_, _ = decodeOwnRole(body)
		_ = classify(rest.Answer{Status: 401, Body: body}).Error()
	})
}

// BenchmarkListing is what one refresh costs, however many resources share it.
func BenchmarkListing(b *testing.B) {
	const n = 100_000
	var body bytes.Buffer
	body.WriteString(`{"Result":0,"Roles":[`)
	for i := range n {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"ApplicationId":"app-%d","Grantee":"local:{5be5a591-c842-4520-9142-%012x}","Role":2}`, i%100, i)
	}
	body.WriteString(`],"Success":true}`)
	b.ReportAllocs()
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		listed := newListing(time.Now())
		if err := decodeRoles(bytes.NewReader(body.Bytes()), listed.add, listed.addUnread); err != nil || len(listed.grants) != n {
			b.Fatal(len(listed.grants), err)
		}
	}
}
