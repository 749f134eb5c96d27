"""PDF files written object by object: text, form fields, notes, attachments, passwords."""

import hashlib
from dataclasses import dataclass, field

from font_roboto import Roboto
from PIL import Image, ImageDraw, ImageFont

FONT = "/F1 11 Tf 0 g"
PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def text_at(x: float, y: float, text: str, *, size: float = 11, colour: str = "0 g") -> str:
    """Content that prints a text. y: of its baseline, in points from the page's foot."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"{colour} BT /F1 {size} Tf {x} {y} Td ({escaped}) Tj ET\n"


@dataclass
class PdfFile:
    """A PDF of one page, A4 in points. to_unicode: object of the font's ToUnicode map."""

    content: str = ""
    catalog: str = ""
    acroform: str = ""
    fields: list[int] = field(default_factory=list)
    annotations: list[int] = field(default_factory=list)
    objects: dict[int, bytes] = field(default_factory=dict)
    images: dict[str, int] = field(default_factory=dict)
    to_unicode: int | None = None

    def add(self, body: str, stream: bytes | None = None) -> int:
        """Add an object; a stream's dictionary gets its length."""
        number = len(self.objects) + 5
        self.objects[number] = _object(body, stream)
        return number

    def picture(self, image: Image.Image, rect: tuple[float, ...]) -> str:
        """Content that draws an RGB image into a rectangle."""
        name = f"I{len(self.images)}"
        body = (
            f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height} "
            "/ColorSpace /DeviceRGB /BitsPerComponent 8"
        )
        self.images[name] = self.add(body, image.tobytes())
        x0, y0, x1, y1 = rect
        return f"q {x1 - x0} 0 0 {y1 - y0} {x0} {y0} cm /{name} Do Q\n"

    def picture_of(self, text: str, x: float, y: float) -> str:
        """Content that draws a picture of a text, about 13 points high."""
        face = ImageFont.truetype(Roboto, 36)
        image = Image.new("RGB", (round(face.getlength(text)) + 12, 50), "white")
        ImageDraw.Draw(image).text((6, 2), text, fill="black", font=face)
        return self.picture(image, (x, y - 4, x + image.width / 2.8, y + 14))

    def appearance(self, content: str, width: float, height: float) -> int:
        body = (
            f"/Type /XObject /Subtype /Form /BBox [0 0 {width} {height}] "
            "/Resources << /Font << /F1 3 0 R >> >>"
        )
        return self.add(body, content.encode("latin-1"))

    def field(self, kind: str, rect: tuple[float, ...], extra: str) -> int:
        """A field that is its only widget. kind: Tx, Ch, Btn or Sig."""
        place = " ".join(map(str, rect))
        number = self.add(
            f"/Type /Annot /Subtype /Widget /FT /{kind} /T (f{len(self.fields)}) /F 4 "
            f"/DA ({FONT}) /Rect [{place}] {extra}"
        )
        self.fields.append(number)
        self.annotations.append(number)
        return number

    def text_field(self, rect: tuple[float, ...], value: str, shown: str | None = None) -> None:
        """shown: content of the appearance; by default it prints the value."""
        drawn = text_at(2, 5, value) if shown is None else shown
        look = self.appearance(drawn, rect[2] - rect[0], rect[3] - rect[1])
        self.field("Tx", rect, f"/V ({value}) /AP << /N {look} 0 R >>")

    def box(self, rect: tuple[float, ...], is_on: bool, extra: str = "", name: str = "Yes") -> None:
        """A check box, or a radio button with extra="/Ff 32768"."""
        on, off = self.appearance("2 2 10 10 re f", 14, 14), self.appearance("", 14, 14)
        state = name if is_on else "Off"
        self.field(
            "Btn",
            rect,
            f"/V /{state} /AS /{state} {extra} /AP << /N << /{name} {on} 0 R /Off {off} 0 R >> >>",
        )

    def note(self, rect: tuple[float, ...], text: str, flags: int = 4) -> None:
        """A FreeText annotation."""
        look = self.appearance(text_at(2, 6, text, size=13), rect[2] - rect[0], rect[3] - rect[1])
        place = " ".join(map(str, rect))
        self.annotations.append(
            self.add(
                f"/Type /Annot /Subtype /FreeText /Rect [{place}] /Contents ({text}) /F {flags} "
                f"/DA ({FONT}) /AP << /N {look} 0 R >>"
            )
        )

    def attach(self, files: dict[str, bytes]) -> None:
        """Attach files, as a portfolio does."""
        names = ""
        for name, data in sorted(files.items()):
            stored = self.add("/Type /EmbeddedFile", data)
            spec = self.add(f"/Type /Filespec /F ({name}) /UF ({name}) /EF << /F {stored} 0 R >>")
            names += f"({name}) {spec} 0 R "
        self.catalog += f" /Collection << >> /Names << /EmbeddedFiles << /Names [{names}] >> >>"

    def bytes(self, *, password: str = "") -> bytes:
        """The file; with a password, encrypted by it (RC4, 128 bits; ISO 32000-1, 7.6.3)."""
        listed = " ".join(f"{number} 0 R" for number in self.annotations)
        fields = " ".join(f"{number} 0 R" for number in self.fields)
        images = " ".join(f"/{name} {number} 0 R" for name, number in self.images.items())
        form = (
            f"/AcroForm << /Fields [{fields}] /DA ({FONT}) /DR << /Font << /F1 3 0 R >> >> "
            f"{self.acroform} >>"
            if fields or self.acroform
            else ""
        )
        objects = {
            1: f"<< /Type /Catalog /Pages 2 0 R {form} {self.catalog} >>".encode(),
            2: b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            3: (
                "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding "
                + (f"/ToUnicode {self.to_unicode} 0 R >>" if self.to_unicode else ">>")
            ).encode(),
            **self.objects,
        }
        number = max(objects) + 2
        content = self.content.encode("latin-1")
        trailer = ""
        if password:
            key, trailer = _encryption(password)
            content = _rc4(_object_key(key, number), content)
        objects[number] = _object("", content)
        objects[4] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {number} 0 R "
            f"/Annots [{listed}] /Resources << /Font << /F1 3 0 R >> /XObject << {images} >> >> >>"
        ).encode()
        body, offsets = b"%PDF-1.7\n", {}
        for one, data in sorted(objects.items()):
            offsets[one] = len(body)
            body += b"%d 0 obj\n%s\nendobj\n" % (one, data)
        size = max(objects) + 1
        table = b"0000000000 65535 f \n"
        for one in range(1, size):
            place = offsets.get(one)
            table += b"0000000000 00001 f \n" if place is None else b"%010d 00000 n \n" % place
        end = f"trailer << /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{len(body)}\n%%EOF"
        return body + b"xref\n0 %d\n" % size + table + end.encode("latin-1")


def _object(body: str, stream: bytes | None) -> bytes:
    if stream is None:
        return f"<< {body} >>".encode("latin-1")
    head = f"<< {body} /Length {len(stream)} >>\nstream\n"
    return head.encode("latin-1") + stream + b"\nendstream"


def _encryption(password: str) -> tuple[bytes, str]:
    """The file's key, and the trailer's entries: standard security handler, revision 3."""
    padded = (password.encode("latin-1") + PADDING)[:32]
    file_id = bytes(range(16))

    def hashed(data: bytes, times: int) -> bytes:
        for _ in range(times):
            data = hashlib.md5(data).digest()
        return data

    owner = padded
    for step in range(20):
        owner = _rc4(bytes(one ^ step for one in hashed(padded, 51)), owner)
    rights = (-4).to_bytes(4, "little", signed=True)
    key = hashed(padded + owner + rights + file_id, 51)
    user = hashlib.md5(PADDING + file_id).digest()
    for step in range(20):
        user = _rc4(bytes(one ^ step for one in key), user)
    entries = (
        f"/ID [<{file_id.hex()}> <{file_id.hex()}>] /Encrypt << /Filter /Standard /V 2 /R 3 "
        f"/Length 128 /P -4 /O <{owner.hex()}> /U <{(user + bytes(16)).hex()}> >>"
    )
    return key, entries


def _object_key(key: bytes, number: int) -> bytes:
    return hashlib.md5(key + number.to_bytes(3, "little") + bytes(2)).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for one in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(one ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
