// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package huaweicloud_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/huaweicloud"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

func TestErrorsOfTheService(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	for _, err := range []error{
		second(b.client.ListAuthorizations(t.Context(), "gone")),
		second(b.client.Authorizations(t.Context(), "gone")),
		b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{"gone"}, AuthorizationType: huaweicloud.AllUser}),
	} {
		e := failure(t, err)
		if !errors.Is(err, huaweicloud.ErrAppNotFound) || e.Status != 404 || e.Code != "WKS.00211902" || len(e.RequestID) != 32 || e.Attempts != 1 {
			t.Errorf("%v: %+v", err, e)
		}
	}
	reader := b.dial(func(c *huaweicloud.Config) { c.AccessKey, c.SecretKey = "READER", "RSK" })
	err := reader.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AllUser})
	if e := failure(t, err); e.Status != 403 || e.Attempts != 1 || !strings.Contains(err.Error(), "workspace:appcenter:batchUpdateAppAuthorizations") {
		t.Error(err)
	}
	nobody := b.dial(func(c *huaweicloud.Config) { c.AccessKey, c.SecretKey = "NOBODY", "NSK" })
	if err := second(nobody.Authorizations(t.Context(), cad)); !strings.Contains(err.Error(), "workspace:appcenter:listAppAuthorizations") || errors.Is(err, huaweicloud.ErrAppNotFound) {
		t.Error(err)
	}
	if err := second(nobody.Apps(t.Context())); !strings.Contains(err.Error(), "workspace:appcenter:listApps ") {
		t.Error(err)
	}
	b.noViolations()

	// A 404 of the gateway, or of some other server, does not mean that the application is gone.
	for _, answer := range []string{`{"error_code":"APIGW.0101","error_msg":"The API does not exist"}`, "<html><title>Not Found</title>", ""} {
		b.faults.Clear()
		b.faults.Add(wire.Fault{Kind: wire.Status, Status: 404, Body: answer})
		if err := second(b.client.Authorizations(t.Context(), cad)); err == nil || errors.Is(err, huaweicloud.ErrAppNotFound) {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A key that is wrong is tried once, however many ask at once, and never locked.
func TestWrongKeyIsTriedOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*huaweicloud.Config)
		says   string
	}{
		"wrong secret":      {func(c *huaweicloud.Config) { c.SecretKey = "wrong-secret" }, "secret key belongs to the access key"},
		"unknown key":       {func(c *huaweicloud.Config) { c.AccessKey = "WHO" }, "does not know the access key"},
		"no token":          {func(c *huaweicloud.Config) { c.AccessKey, c.SecretKey = "TEMP", "TSK-of-the-test" }, "security token (HW_SECURITY_TOKEN)"},
		"wrong secret, IAM": {func(c *huaweicloud.Config) { c.SecretKey, c.ProjectID = "wrong-secret", "" }, "secret key belongs"},
		"token of another":  {func(c *huaweicloud.Config) { c.SecurityToken = "of-another-key" }, "security token (HW_SECURITY_TOKEN)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(1000)}, mail: {Name: "Mail"}}, tc.change)
			errs := make(chan error, 60)
			for i := range cap(errs) {
				go func() {
					switch i % 3 {
					case 0:
						errs <- second(b.client.Apps(t.Context()))
					case 1:
						errs <- second(b.client.ListAuthorizations(t.Context(), cad))
					default:
						errs <- b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{
							AppIDs: []string{mail}, AuthorizationType: huaweicloud.AssignUser, Users: []huaweicloud.Authorization{user(fmt.Sprint("u", i))},
						})
					}
				}()
			}
			for range cap(errs) {
				err := <-errs
				if e := failure(t, err); e.Status != 401 || !strings.Contains(err.Error(), tc.says) || e.RequestID == "" {
					t.Errorf("%v, want %q", err, tc.says)
				}
				if strings.Contains(err.Error(), "wrong-secret") || strings.Contains(err.Error(), "of-another-key") {
					t.Errorf("a secret is in %v", err)
				}
			}
			if n := len(b.recorder.All()); n != 1 {
				t.Errorf("%d requests were sent", n)
			}
			if _, err := b.dial().Apps(t.Context()); err != nil {
				t.Errorf("the right key is locked: %v", err)
			}
		})
	}
}

// Once the key is proven requests run side by side; when it expires in the middle, what is not
// under way is not sent any more.
func TestKeyExpires(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD", Users: users(20000)}})
	b.faults.Add(wire.Fault{Kind: wire.Slow, Delay: 5 * time.Millisecond, Times: 30})
	b.faults.Add(wire.Fault{Kind: mock.TokenExpired})
	err := second(b.client.ListAuthorizations(t.Context(), cad))
	if e := failure(t, err); e.Status != 401 || e.Code != "APIGW.0307" || !strings.Contains(err.Error(), "temporary keys have expired") {
		t.Error(err)
	}
	if n := len(b.recorder.All()); n > 30+8 {
		t.Errorf("%d requests were sent", n)
	}
	if b.recorder.MaxInFlight() < 2 {
		t.Errorf("at most %d requests at once", b.recorder.MaxInFlight())
	}
	before := len(b.recorder.All())
	err = b.client.AssignAuthorizations(t.Context(), huaweicloud.Assignment{AppIDs: []string{cad}, AuthorizationType: huaweicloud.AllUser})
	if e := failure(t, err); !e.Unsent || e.Status != 401 || e.Code != "APIGW.0307" || !strings.Contains(e.Message, "not sent, since the service refused the key before") {
		t.Error(err)
	}
	if n := len(b.recorder.All()); n != before {
		t.Error("a request was sent after the key had expired")
	}
}

func TestLockedKeyAndClock(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	for range 5 {
		_ = second(b.dial(func(c *huaweicloud.Config) { c.SecretKey = "wrong" }).Apps(t.Context()))
	}
	if err := second(b.client.Apps(t.Context())); !strings.Contains(err.Error(), "The key pair is locked for five minutes") {
		t.Error(err)
	}
	late := start(t, map[string]mock.App{cad: {Name: "CAD"}})
	late.faults.Add(wire.Fault{Kind: wire.Status, Status: 401, Body: `{"error_msg":"Incorrect IAM authentication information: calc aksk signature fail:signature expired, signature time:20211217T064303Z,server time:20211217T065804Z","error_code":"APIGW.0301","request_id":"0123"}`})
	if err := second(late.client.Apps(t.Context())); !strings.Contains(err.Error(), "The clock of this machine") || !strings.Contains(err.Error(), "signature time:20211217T064303Z") {
		t.Error(err)
	}
}
