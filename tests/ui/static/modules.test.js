/* Every module by itself. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../../../ui/static/", import.meta.url);
const MODULES = readdirSync(FOLDER).filter((name) => name.endsWith(".js"));

test("there are modules", () => {
  assert.ok(MODULES.length > 20);
});

/* In a process of its own, where no other module was loaded before, and where there is no DOM. */
for (const name of MODULES) {
  test(`${name} loads alone: it imports what it uses and touches no document`, () => {
    const code = `import(${JSON.stringify(new URL(name, FOLDER).href)});`;
    const { status, stderr } = spawnSync(process.execPath, ["--eval", code], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  });
}
