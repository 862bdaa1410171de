// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// answering is a client of a service that answers everything with one status and body.
type answering struct {
	*Client

	status int
	body   []byte
	asked  atomic.Int64
}

func (a *answering) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a.asked.Add(1)
	w.Header().Set("Connection", "close") // each input has a client of its own, whose connections nobody else closes
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// alwaysAnswer gives clients of a service that answers everything with what it is told.
func alwaysAnswer(f *testing.F) func(t *testing.T, config Config, status int, body []byte) *answering {
	f.Helper()
	var current atomic.Pointer[answering]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { current.Load().ServeHTTP(w, r) }))
	f.Cleanup(server.Close)
	return func(t *testing.T, config Config, status int, body []byte) *answering {
		t.Helper()
		config.Region, config.AccessKey, config.SecretKey, config.WorkspaceEndpoint, config.IAMEndpoint = "r", "access-key-of-mine", "secret-key-of-mine", server.URL, server.URL
		client, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		a := &answering{Client: client, status: 200 + max(status, -status)%400, body: body}
		current.Store(a)
		return a
	}
}

// checkError wants what a person can read in one go: valid text, in one line, of bounded length,
// and an *rest.Error.
func checkError(t *testing.T, err error) {
	t.Helper()
	_, ok := errors.AsType[*rest.Error](err)
	if text := err.Error(); !ok || text == "" || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\x00\x1b") || len(text) > 5000 {
		t.Fatalf("%T %.200q", err, text)
	}
}

// FuzzListProjects: the project is one that the answer names, once, and fit for a path.
func FuzzListProjects(f *testing.F) {
	for _, seed := range []string{
		`{"projects":[{"id":"p1","name":"r"},{"id":"p2","name":"R"}],"links":{}}`, `{"projects":[{"id":"p1","name":"r"},{"id":"p2","name":"r"}]}`,
		`{"projects":[]}`, `{"projects":null}`, `{"projects":[{"id":"a/b","name":"r"}]}`, `{"projects":[{"id":"..","name":"r"}]}`, `{"projects":[{"name":"r"}]}`,
		`{"error":{"code":401,"message":"The request you have made requires authentication.","title":"Unauthorized"}}`, `null`, `[]`, `<title>x</title>`, ``, "{\"projects\":[{\"id\":\"\xff\",\"name\":\"r\"}]}",
	} {
		f.Add(0, []byte(seed))
		f.Add(201, []byte(seed))
	}
	client := alwaysAnswer(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := client(t, Config{}, status, body)
		id, err := c.ProjectID(t.Context())
		if err != nil {
			checkError(t, err)
			return
		}
		var list struct {
			Projects []struct{ ID, Name string }
		}
		if c.status > 299 || json.Unmarshal(body, &list) != nil {
			t.Fatalf("%d %q is a success", c.status, body)
		}
		found := 0
		for _, p := range list.Projects {
			if p.Name == "r" {
				found++
				if p.ID != id {
					t.Fatalf("%q is not %q", id, p.ID)
				}
			}
		}
		if found != 1 || id == "" || strings.ContainsAny(id, `/\`) || !utf8.ValidString(id) {
			t.Fatalf("%q of %q", id, body)
		}
	})
}

// FuzzLists: whatever every page of a list says, reading it comes to an end, and a success has as
// many records as the service counts.
func FuzzLists(f *testing.F) {
	for _, p := range append(listPages, `{"count":300,"items":[{"account":"a","id":"1"}]}`, `{"count":1,"items":[{"account":"a","id":"1"}]}`,
		`{"items":[{"account":"a","id":"1"},{"account":"b","id":"2"}]}`, `{"count":500000,"items":[{"account":"a","id":"1"}]}`, `{"count":9999999,"items":[]}`) {
		f.Add(0, []byte(p))
	}
	client := alwaysAnswer(f)
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := client(t, Config{ProjectID: "p"}, status, body)
		accounts, err := c.ListAuthorizations(t.Context(), "app")
		apps, appsErr := c.ListApps(t.Context(), "")
		if asked := c.asked.Load(); asked > 20_000 {
			t.Fatalf("%d requests", asked)
		}
		var page struct{ Count *int }
		_ = json.Unmarshal(body, &page)
		for n, err := range map[int]error{len(accounts): err, len(apps): appsErr} {
			if err != nil {
				checkError(t, err)
			} else if c.status > 299 || page.Count != nil && *page.Count >= 0 && n < *page.Count {
				t.Fatalf("%d %q is a list of %d", c.status, body, n)
			}
		}
	})
}

// FuzzEveryAccountIsRead: no account of a page gets lost or changes, however it is written, and
// both decoders agree on it.
func FuzzEveryAccountIsRead(f *testing.F) {
	f.Add("a", "b", "local.com", "SIMPLE", "AD", 3)
	f.Add(`quo"te\`, "{}[],", "", "USER_GROUP", "", 1)
	f.Add("一 二", "\u2028<&>", "d", "ROBOT", "MAINFRAME", 101)
	f.Fuzz(func(t *testing.T, name1, name2, domain, kind, platform string, n int) {
		type item struct {
			Account      string  `json:"account"`
			Domain       *string `json:"domain"`
			AccountType  string  `json:"account_type"`
			PlatformType string  `json:"platform_type,omitempty"`
		}
		for _, text := range []string{name1, name2, domain, kind, platform} {
			if !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
				return // json.Marshal would change it
			}
		}
		if strings.TrimSpace(name1) == "" || strings.TrimSpace(name2) == "" || kind == "" {
			return // refused
		}
		items := []item{{Account: name1, AccountType: kind, PlatformType: platform}}
		for range max(n, -n) % 150 {
			items = append(items, item{Account: name2, Domain: &domain, AccountType: kind})
		}
		body, err := json.Marshal(map[string]any{"count": len(items), "items": items})
		if err != nil {
			t.Fatal(err)
		}
		var known knownPages
		for turn, decode := range []func([]byte) ([]authorization, int, error){decodeAuthorizations, known.decode, known.decode} {
			records, count, err := decode(body)
			if err != nil || len(records) != len(items) || count != len(items) {
				t.Fatalf("decoder %d: %d records, count %d, %v, want %d", turn, len(records), count, err, len(items))
			}
			for i, record := range records {
				want := Account{Type: AccountType(kind), Domain: domain, Name: items[i].Account}
				if i == 0 {
					want.Domain = ""
				}
				if record.account != want.Handle() {
					t.Fatalf("decoder %d: %+v became %+v", turn, want, record.account.Value())
				}
			}
		}
	})
}
