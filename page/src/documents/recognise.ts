/** What a document is, by its first bytes; what it is by its name does not count. */
export type Shape = "pdf" | "picture" | "summary" | "bundle" | "json" | "other";

/** What others are that people hand in, so that they hear what to do. */
export type Oddity =
  | "mark"
  | "utf-16"
  | "workbook"
  | "office"
  | "zip"
  | "gzip"
  | "picture"
  | "codes"
  | "no-code"
  | "xml"
  | "table"
  | "other";

const BUNDLE = '{"format":"provenance-proof/';
const SUMMARY = "PROV1:";
const PNG = "\x89PNG\r\n\x1a\n";
const JPEG = "\xff\xd8\xff";
const MARK = "\xef\xbb\xbf";
/** How much of a file is looked at. */
const HEAD_SIZE = 4096;

/** What each is, and what to do with it. */
const REASONS: Readonly<Record<Oddity, string>> = {
  mark: "it begins with a byte order mark, which changes the bytes that were signed: save it without",
  "utf-16": "it is text in UTF-16: save it as UTF-8 without a byte order mark",
  workbook: "it is an Excel workbook, which holds no proof: ask for the PDF file of the CV",
  office: "it is an Office document, which holds no proof: ask for the PDF file of the CV",
  zip: "it is a ZIP archive: unpack it, and verify the file inside",
  gzip: "it is compressed with gzip: unpack it, and verify the file inside",
  picture: "it is a picture in a form that is not read: give it as PNG or JPEG",
  codes: "there are several summaries in the picture: give a picture of one",
  "no-code": "there is no QR code of a CV in the picture that can be read",
  xml: "it is XML or HTML, which holds no proof: ask for the PDF file of the CV",
  table: "it is a table (CSV), which holds no proof: ask for the PDF file of the CV",
  other: "this is none of a PDF file, a JSON CV, a proof, or a QR code",
};

/** Returns what a document is. */
export function shapeOf(data: Uint8Array): Shape {
  const head = headOf(data);
  if (head.startsWith("%PDF-")) return "pdf";
  if (head.startsWith(PNG) || head.startsWith(JPEG)) return "picture";
  if (head.startsWith(SUMMARY)) return "summary";
  if (head.startsWith(BUNDLE)) return "bundle";
  const first = data.find((one) => ![0x20, 0x09, 0x0d, 0x0a].includes(one));
  return first === 0x7b ? "json" : "other";
}

/** Returns what a document of no known shape is, as far as that can be told. */
export function oddityOf(data: Uint8Array): Oddity {
  const head = headOf(data);
  if (head.startsWith(MARK)) return "mark";
  if (head.startsWith("\xff\xfe") || head.startsWith("\xfe\xff")) return "utf-16";
  if (head.startsWith("PK\x03\x04")) return archiveOf(head);
  if (head.startsWith("\x1f\x8b")) return "gzip";
  if (head.startsWith("\xd0\xcf\x11\xe0")) return "office";
  if (/^(?:RIFF.{4}WEBP|.{4}ftyp|GIF8|BM|II\*\0|MM\0\*)/s.test(head)) return "picture";
  if (/^\s*<[?!a-zA-Z]/.test(head)) return "xml";
  return isTable(head) ? "table" : "other";
}

/** Says what a document of no known shape is, and what to do. */
export function reasonOfOddity(oddity: Oddity): string {
  return REASONS[oddity];
}

/** Office documents are archives of XML; their first names say which kind it is. */
function archiveOf(head: string): Oddity {
  if (head.includes("xl/")) return "workbook";
  return /word\/|ppt\/|\[Content_Types\]|mimetypeapplication\/vnd/.test(head) ? "office" : "zip";
}

/** Two lines or more of text, each parted as often as the first one is. */
function isTable(head: string): boolean {
  if (/[\0-\x08\x0e-\x1f]/.test(head)) return false;
  const lines = head.split(/\r?\n/).slice(0, -1).slice(0, 5);
  const [first = 0, ...others] = lines.map((line) => line.split(/[;,\t]/).length);
  return first > 1 && others.length > 0 && others.every((count) => count === first);
}

function headOf(data: Uint8Array): string {
  return Array.from(data.subarray(0, HEAD_SIZE), (one) => String.fromCharCode(one)).join("");
}
