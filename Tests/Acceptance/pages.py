"""Pages of Markdown: their code blocks, headings and links."""

import dataclasses
import functools
import pathlib
import re
import textwrap

ROOT = pathlib.Path(__file__).parents[2]

FENCE = re.compile(r"^(\s*)```(\S*)\s*$")
MARK = re.compile(r"^\s*<!-- (not run|exit status): (.+) -->\s*$")
LINK = re.compile(r"\]\(([^()\s]+)\)")


@dataclasses.dataclass
class Block:
    """A fenced block. `marks` are the comments right above it; `output` is the plain block right below commands."""

    page: "Page"
    line: int
    language: str
    text: str
    marks: dict
    output: "Block | None" = None

    def __str__(self):
        return f"{self.page}:{self.line}"


class Page:
    def __init__(self, path):
        self.path = path
        self.text = path.read_text()
        self.blocks = []
        self.prose = []  # lines that are in no block
        self._read()

    def __str__(self):
        return str(self.path.relative_to(ROOT))

    def _read(self):
        marks, before, lines = {}, None, None
        for number, line in enumerate(self.text.splitlines(), 1):
            fence = FENCE.match(line)
            if lines is not None:
                if fence and not fence[2]:
                    block = Block(self, start, language, textwrap.dedent("".join(f"{text}\n" for text in lines)), marks)
                    self.blocks.append(block)
                    if before and not language:
                        before.output = block
                    marks, before, lines = {}, block if language == "sh" else None, None
                else:
                    lines.append(line)
            elif fence:
                start, language, lines = number, fence[2], []
            elif mark := MARK.match(line):
                marks[mark[1]] = mark[2]
                self.prose.append(line)
            else:
                if line.strip():
                    marks, before = {}, None
                self.prose.append(line)
        assert lines is None, f"{self}:{start}: the block does not end"

    def write(self):
        """Writes the page anew, with the blocks' texts as they are now."""
        lines = self.text.splitlines(keepends=True)
        for block in reversed(self.blocks):
            fence = lines[block.line - 1]
            end = next(index for index in range(block.line, len(lines)) if lines[index].strip() == "```")
            lines[block.line:end] = textwrap.indent(block.text, fence[:len(fence) - len(fence.lstrip())]).splitlines(keepends=True)
        self.path.write_text("".join(lines))

    @property
    def commands(self):
        return [block for block in self.blocks if block.language == "sh"]

    @property
    def documents(self):
        return [block for block in self.blocks if block.language == "yaml" and block.text.startswith("kind:")]

    @functools.cached_property
    def anchors(self):
        """As GitHub makes them of headings."""
        found = {}
        for line in self.prose:
            if heading := re.match(r"#+ +(.*)", line):
                text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
                slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
                count = found.get(slug, 0)
                found[slug] = count + 1
                if count:
                    found[f"{slug}-{count}"] = 1
        return set(found)

    @property
    def links(self):
        """Those that stay in the repository: the file or folder, and the anchor or nothing."""
        for line in self.prose:
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if not re.match(r"[a-z]+:", target):
                    path, _, anchor = target.partition("#")
                    yield target, (self.path.parent / path).resolve() if path else self.path, anchor


def all_pages():
    """Every page, README first, each folder's README before its other pages."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    found += sorted((ROOT / "docs").rglob("*.md"), key=lambda path: (path.parent, path.name != "README.md", path.name))
    return [Page(path) for path in found]
