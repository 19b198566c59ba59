import { expect, it } from "vitest";
import { csv } from "./csv";

it("quotes what must be quoted and defuses formulas", () => {
  expect(
    csv(
      ["a", "b"],
      [
        ["x,y", 'say "hi"'],
        ["=1+1", -5],
        [null, "line\nbreak"],
        ["-x", "@cmd"],
      ],
    ),
  ).toBe('a,b\r\n"x,y","say ""hi"""\r\n\'=1+1,-5\r\n,"line\nbreak"\r\n\'-x,\'@cmd');
});
