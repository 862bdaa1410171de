// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/hostile"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// hostileTests shows for every fault of this service that a client sees it, and that the next
// request works again.
var hostileTests = map[wire.FaultKind]func(b *bench){
	PartialBatch: func(b *bench) {
		b.want(b.assign(AssignUser, []string{cad, mail}, []string{"bob"}, nil), http.StatusInternalServerError, "WKS.00211401", 0)
		b.wantAccounts(cad, "bob")
		b.wantAccounts(mail, "zhangsan")
	},
	IgnoredWrite: func(b *bench) {
		b.mustAssign(AllUser, []string{cad}, []string{"bob"}, nil)
		b.wantAccounts(cad)
		if b.backend.Mode(cad) != AssignUser {
			b.t.Error("the mode changed")
		}
	},
	Unauthorized:    refusedWrite(http.StatusUnauthorized, "APIGW.0301"),
	TokenExpired:    refusedWrite(http.StatusUnauthorized, "APIGW.0307"),
	Forbidden:       refusedWrite(http.StatusForbidden, "WKS.00081102"),
	UnavailableJSON: refusedWrite(http.StatusServiceUnavailable, "WKS.00050902"),
	hostile.Redirect: func(b *bench) {
		a := b.do(http.MethodGet, appsPath, "")
		if a.status != http.StatusFound || a.header.Get("Location") != "https://elsewhere.invalid"+appsPath {
			b.t.Errorf("%d to %q", a.status, a.header.Get("Location"))
		}
	},
	hostile.GiantBody: func(b *bench) {
		a := b.do(http.MethodGet, appsPath, "")
		if !json.Valid([]byte(a.body)) || len(a.body) < 1<<20 || len(a.body) > 1<<20+1<<14 {
			b.t.Errorf("%d bytes, valid %t", len(a.body), json.Valid([]byte(a.body)))
		}
	},
	hostile.GiantString: func(b *bench) {
		a := b.do(http.MethodGet, appsPath+"/"+cad+"/authorizations", "")
		if !json.Valid([]byte(a.body)) || len(a.body) < 1<<20 || len(a.body) > 1<<20+1<<14 || strings.Count(a.body, `"account"`) != 1 {
			b.t.Errorf("%d bytes, valid %t", len(a.body), json.Valid([]byte(a.body)))
		}
	},
	hostile.NullBody: wantList(appsPath, `null`),
	hostile.DeepBody: func(b *bench) {
		if a := b.do(http.MethodGet, appsPath, ""); !strings.HasPrefix(a.body, "[[[[") || len(a.body) != 200_000 {
			b.t.Errorf("%d bytes", len(a.body))
		}
	},
	OpenAfter: func(b *bench) {
		b.wantAccounts(mail, "zhangsan")
		b.wantAccounts(mail)
	},
	CloseAfter: func(b *bench) {
		b.wantAccounts(mail, "zhangsan")
		if got := b.backend.Mode(open); got != AssignUser {
			b.t.Errorf("mode %s", got)
		}
	},
	EndlessPages: func(b *bench) {
		items, count := b.page(cad, "limit=2&offset=1000000")
		if len(items) != 2 || items[1]["account"] != "endless-1000001" || count < 1<<30 {
			b.t.Errorf("%v of %d", items, count)
		}
	},
	RepeatingPages: func(b *bench) {
		items, count := b.page(mail, "limit=1&offset=700")
		if len(items) != 1 || items[0]["account"] != "zhangsan" || count <= 700 {
			b.t.Errorf("%v of %d", items, count)
		}
	},
	OverlappingPages: func(b *bench) {
		items, count := b.page(mail, "offset=1")
		if len(items) != 1 || items[0]["account"] != "zhangsan" || count != 1 {
			b.t.Errorf("%v of %d", items, count)
		}
	},
	ShortPages: func(b *bench) {
		if err := b.backend.Grant(mail, Account{Name: "a"}, Account{Name: "b"}, Account{Name: "c"}); err != nil {
			b.t.Fatal(err)
		}
		if items, count := b.page(mail, "limit=3"); len(items) != 2 || count != 4 {
			b.t.Errorf("%v of %d", items, count)
		}
	},
	CountHigh:          wantCount(func(n int) bool { return n > 100 }),
	CountLow:           wantCount(func(n int) bool { return n == 0 }),
	CountNegative:      wantCount(func(n int) bool { return n == -1 }),
	hostile.Nulls:      wantList(appsPath+"/"+cad+"/authorizations", `"count":null,"items":[null,`),
	hostile.WrongTypes: wantList(appsPath, `"count":"many"`),
	hostile.InvalidUTF8: func(b *bench) {
		if a := b.do(http.MethodGet, appsPath, ""); utf8.ValidString(a.body) {
			b.t.Errorf("%q", a.body)
		}
	},
	hostile.UnknownEnum: wantList(appsPath+"/"+cad+"/authorizations", `"account_type":"ROBOT"`),
	MissingItems:        wantList(appsPath, `{}`),
	hostile.WrongContentType: func(b *bench) {
		if a := b.do(http.MethodGet, appsPath, ""); a.header.Get("Content-Type") != "text/html" || !strings.Contains(a.body, cad) {
			b.t.Errorf("%v %s", a.header, a.body)
		}
	},
}

func refusedWrite(status int, code string) func(b *bench) {
	return func(b *bench) {
		b.want(b.assign(AssignUser, []string{cad}, []string{"bob"}, nil), status, code, 0)
		b.wantAccounts(cad)
	}
}

func wantList(path, part string) func(b *bench) {
	return func(b *bench) {
		if a := b.do(http.MethodGet, path, ""); a.status != http.StatusOK || !strings.Contains(a.body, part) {
			b.t.Errorf("%d %s, want %s", a.status, a.body, part)
		}
	}
}

func wantCount(ok func(int) bool) func(b *bench) {
	return func(b *bench) {
		if items, count := b.page(mail, "limit=100"); len(items) != 1 || !ok(count) {
			b.t.Errorf("%v of %d", items, count)
		}
	}
}

func TestEveryFault(t *testing.T) {
	t.Parallel()
	for _, doc := range FaultKinds {
		t.Run(string(doc.Kind), func(t *testing.T) {
			t.Parallel()
			test, ok := hostileTests[doc.Kind]
			if !ok || doc.Doc == "" {
				t.Fatal("no test or no sentence")
			}
			b := start(t, Switches{})
			b.faults.Add(wire.Fault{Kind: doc.Kind, Times: 1, Size: 1 << 20})
			test(b)
			if got := b.recorder.All()[0].Fault; got != string(doc.Kind) {
				t.Errorf("recorded fault %q", got)
			}
			if a := b.do(http.MethodGet, appsPath, ""); a.status != http.StatusOK || !strings.Contains(a.body, cad) {
				t.Errorf("afterwards %d %s", a.status, a.body)
			}
			if got := b.recorder.Violations(); len(got) > 0 {
				t.Error(got)
			}
		})
	}
}

func TestPartialBatchOfOneApp(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.faults.Add(wire.Fault{Kind: PartialBatch, Times: 1})
	b.want(b.assign(AssignUser, []string{mail}, []string{"a", "b"}, []string{"zhangsan"}), http.StatusInternalServerError, "WKS.00211401", 0)
	b.wantAccounts(mail, "zhangsan", "a")
}

func TestUnknownFaultKindShows(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.faults.Add(wire.Fault{Kind: "endless_page", Times: 1})
	if a := b.do(http.MethodGet, appsPath, ""); a.status != http.StatusInternalServerError || len(b.recorder.Violations()) != 1 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestGiantBodyEndsWithTheClient: a client that hangs up ends the stream, whatever its size.
func TestGiantBodyEndsWithTheClient(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.faults.Add(wire.Fault{Kind: hostile.GiantBody, Size: 1 << 50})
	response, err := http.DefaultClient.Do(b.request(http.MethodGet, appsPath, ""))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, response.Body, 4<<20); err != nil {
		t.Fatalf("%d bytes: %v", n, err)
	}
	response.Body.Close() // the test's clean-up waits for the handler to return
}

// TestGenericFaultsHaveTheServicesWords: the bodies of package wire's faults are this service's.
func TestGenericFaultsHaveTheServicesWords(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.faults.Add(wire.Fault{Kind: wire.Throttle, RetryAfter: "7", Times: 1})
	b.faults.Add(wire.Fault{Kind: wire.ServerError, Times: 1})
	a := b.do(http.MethodGet, appsPath, "")
	b.want(a, http.StatusTooManyRequests, "APIGW.0308", 0)
	if a.header.Get("Retry-After") != "7" || len(a.header.Get("X-Request-Id")) != 32 {
		t.Errorf("%v", a.header)
	}
	b.want(b.do(http.MethodGet, appsPath, ""), http.StatusInternalServerError, "WKS.00211401", 0)
}

func TestNotesAreReadable(t *testing.T) {
	t.Parallel()
	b := start(t, Switches{})
	b.mustAssign(AssignUser, []string{cad, mail}, []string{"a", "b"}, []string{"c"})
	b.page(mail, "limit=2")
	var notes []string
	for _, e := range b.recorder.All() {
		notes = append(notes, fmt.Sprintf("%s %d %s", e.Operation, e.Status, e.Note))
	}
	want := "BatchUpdateAppAuthorizations 200 apps=2 mode=ASSIGN_USER users=+2 -1\n" +
		"ListAppAuthorizations 200 app=Mail offset=0 limit=2 items=2/3"
	if got := strings.Join(notes, "\n"); got != want {
		t.Errorf("notes\n%s\nwant\n%s", got, want)
	}
}

// TestHostileProjects: IAM's list has the same faults in its own form.
func TestHostileProjects(t *testing.T) {
	t.Parallel()
	for kind, want := range map[wire.FaultKind]string{
		hostile.Nulls: `"projects":[null,`, hostile.WrongTypes: `"projects":{`, hostile.InvalidUTF8: "\xff", hostile.GiantBody: `"projects":[{"id":"giant"`,
		hostile.UnknownEnum: `"name":"ap-southeast-3"`, // IAM has no enum: answered as usual
	} {
		b := start(t, Switches{})
		b.faults.Add(wire.Fault{Kind: kind, Size: 1 << 10})
		if a := b.do(http.MethodGet, "/v3/projects", ""); a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
	}
}
