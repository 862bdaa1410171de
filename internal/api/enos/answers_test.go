// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package enos

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// scripted is a client of a gateway that issues one token and answers everything else by the
// script.
func scripted(t *testing.T, retries int, script http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "token") {
			_, _ = io.WriteString(w, `{"status":0,"msg":"SUCCESS","data":{"accessToken":"t","expire":7200}}`)
			return
		}
		script(w, r)
	}))
	t.Cleanup(server.Close)
	c, err := New(Config{
		Rest:       rest.Config{MaxRetries: retries, RetryWaitMin: time.Millisecond, RequestTimeout: 5 * time.Second},
		GatewayURL: server.URL, AccessKey: accessKey, SecretKey: secretKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What is not understood is an error where types are expected, and never the end of them.
func TestWhatIsNotUnderstoodIsNoEmptyList(t *testing.T) {
	t.Parallel()
	for answer, part := range map[string]string{
		`{"code":0,"message":"OK"}`:                                                     "without data",
		`{"code":0,"message":"OK","data":null}`:                                         "without data",
		`{"code":0,"message":"OK","data":{}}`:                                           "without dataAuthorizeType",
		`{"code":0,"message":"OK","data":{"dataAuthorizeType":null}}`:                   "without dataAuthorizeType",
		`{"code":0,"message":"OK","data":{"dataAuthorizeType":["USER",null]}}`:          "null",
		`{"code":0,"message":"OK","data":{"dataAuthorizeType":["USER",{"a":1}]}}`:       `a`,
		`{"code":0,"message":"OK","data":{"dataAuthorizeType":["USER",""]}}`:            "no name of a type",
		`{"code":0,"status":31500,"message":"x","data":{"dataAuthorizeType":[]}}`:       "31500",
		`{"code":31403,"status":0,"message":"x","data":{"dataAuthorizeType":[]}}`:       "31403",
		`{"status":0,"apim_status":4011,"message":"x","data":{"dataAuthorizeType":[]}}`: "4011",
	} {
		t.Run(answer, func(t *testing.T) {
			t.Parallel()
			c := scripted(t, 0, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
			listed, err := c.AppAuthorization(t.Context(), org, portalApp, "ROLE", "USER")
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("got %q and %v, want an error with %q", listed, err, part)
			}
		})
	}
	for _, answer := range []string{
		`{"code":0,"message":"OK","data":{}}`, `{"code":0,"data":{"dataAuthorizeType":null}}`, `{"code":"0","data":{"dataAuthorizeType":[]}}`,
	} {
		c := scripted(t, 0, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })
		if listed, err := c.AppAuthorization(t.Context(), org, portalApp); err != nil || len(listed) > 0 {
			t.Errorf("%s, where nothing is expected: %q, %v", answer, listed, err)
		}
	}
	c := scripted(t, 0, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"code":0,"data":{"dataAuthorizeType":[]}}`)
	})
	if listed, err := c.AppAuthorization(t.Context(), org, portalApp, "USER"); err != nil || len(listed) > 0 {
		t.Errorf("an empty list: %q, %v", listed, err)
	}
}

// A write that may have arrived stays one whose outcome is unknown, whatever its repetition is
// answered.
func TestTheLastAnswerDoesNotDecide(t *testing.T) {
	t.Parallel()
	for _, last := range []string{
		"429 x", `200 {"code":31403,"message":"no"}`, "403 x", `200 {"code":31429,"message":"slow down"}`, `401 {"status":1203,"msg":"expired"}`,
	} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			sets := 0
			c := scripted(t, 1, func(w http.ResponseWriter, _ *http.Request) {
				sets++
				if sets == 1 {
					w.WriteHeader(http.StatusGatewayTimeout)
					return
				}
				var status int
				_, _ = fmt.Sscan(last, &status)
				w.WriteHeader(status)
				_, _ = io.WriteString(w, last[4:])
			})
			err := c.SetAppAuthorization(t.Context(), org, portalApp, []string{"USER"})
			e, ok := errors.AsType[*rest.Error](err)
			if !ok || !e.Unanswered || e.Unsent {
				t.Errorf("after %d sets: %v, unanswered %v", sets, err, ok && e.Unanswered)
			}
		})
	}
}

func TestPowerOverTheOrganization(t *testing.T) {
	t.Parallel()
	var power []string
	for _, d := range DataAuthorizeTypes() {
		if d.Power {
			power = append(power, d.Name)
		}
	}
	if want := []string{"USER_OP", "USER_PERMISSION", "USER_ALL_PERMISSION", "ROLE_OP", "MENU_GROUP_OP"}; !slices.Equal(power, want) {
		t.Errorf("got %q, want %q", power, want)
	}
}
