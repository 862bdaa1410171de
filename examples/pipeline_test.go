// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/appaccess/terraform-provider-appaccess/internal/acctest"
	mock "github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
)

// logsIn shows the job's token to the server, and returns the status and what it answers.
func logsIn(t *testing.T, m *acctest.Mock, subject, scope string) (int, map[string]any) {
	t.Helper()
	token := mock.SignJWT("demo-gitlab-secret", map[string]any{
		"iss": "https://gitlab.example.com", "aud": "https://tpp.example.com", "sub": subject, "exp": time.Now().Add(time.Minute).Unix(),
	})
	body, err := json.Marshal(map[string]string{"client_id": "ci-pipeline", "scope": scope, "jwt": token})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.URL+"/vedauth/authorize/jwt", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// The guide's module is applied in one run, the pipeline's own token logs in at the end, and what
// is taken away is gone.
func TestGuide_pipeline(t *testing.T) {
	t.Parallel()
	blocks := terraformBlock.FindAllStringSubmatch(read(t, "../templates/guides/pipeline.md"), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks in the guide", len(blocks))
	}
	m := acctest.StartDemo(t)
	cli := newCLI(t)
	cli.Write("mock.tf", m.DemoProvider())
	cli.Write("module.tf", blocks[0][1])
	cli.Write("import.tf", blocks[1][1])
	applies(t, cli)

	const job = "project_path:group/app:ref_type:branch:ref:main"
	status, answer := logsIn(t, m, job, "certificate:manage")
	if status != http.StatusOK || answer["access_token"] == "" || answer["identity"] != "local:{5be5a591-c842-4520-9142-b455f4ad2286}" {
		t.Fatalf("the pipeline does not log in: %d %v", status, answer)
	}
	for subject, scope := range map[string]string{job: "certificate:discover", job + "-of-somebody-else": "certificate:manage"} {
		if status, answer := logsIn(t, m, subject, scope); status != http.StatusBadRequest {
			t.Errorf("%s logs in for %s: %d %v", subject, scope, status, answer)
		}
	}

	// Taken out, it gets no new token, and the plan has said that the old one lives on.
	removed := strings.Replace(blocks[0][1], `"the pipeline" = data.appaccess_venafi_identity.pipeline.prefixed_universal`, "", 1)
	cli.Write("module.tf", removed)
	plan := cli.Plan()
	told := false
	for _, warning := range plan.Warnings {
		told = told || strings.HasPrefix(warning.Summary, "Tokens outlive the access") && strings.Contains(warning.Detail, "1 live grant, until")
	}
	if plan.Code != 0 || !told {
		t.Errorf("the plan does not tell of the token: %v", plan.Warnings)
	}
	if apply := cli.Apply(); apply.Code != 0 {
		t.Fatal(apply.Errors)
	}
	if status, answer := logsIn(t, m, job, "certificate:manage"); status != http.StatusBadRequest {
		t.Errorf("whoever was taken out logs in: %d %v", status, answer)
	}
	if destroy := cli.Plan("-destroy"); destroy.Code == 0 || destroy.Errors[0].Summary != `Somebody may still use the application "ci-pipeline"` {
		t.Errorf("the application may go with a live grant: %v", destroy.Errors)
	}
}
