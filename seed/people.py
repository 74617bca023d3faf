"""Made-up names for the people of the demonstration world."""

# fmt: off
GIVEN = (
    "Ada", "Amir", "Anita", "Ben", "Carla", "Chen", "Dana", "Devon", "Elena", "Eric", "Farah",
    "Gail", "Hana", "Henry", "Ines", "Ivan", "Jamal", "Joan", "Kofi", "Lena", "Luis", "Mara",
    "Miles", "Nadia", "Noel", "Olga", "Omar", "Paula", "Quinn", "Rosa", "Ruth", "Samir", "Sofia",
    "Tess", "Theo", "Uma", "Vera", "Wade", "Yara", "Zane",
)
FAMILY = (
    "Abbott", "Acosta", "Barlow", "Bishop", "Calder", "Castillo", "Dalton", "Dietrich", "Ellison",
    "Espinoza", "Farrow", "Fontaine", "Garner", "Gupta", "Hale", "Haskins", "Ingram", "Jansen",
    "Keller", "Kimura", "Lambert", "Lindqvist", "Marsh", "Medina", "Novak", "Okafor", "Osborne",
    "Pruitt", "Quill", "Ramsey", "Rowe", "Sandoval", "Shaw", "Tran", "Underhill", "Vance",
    "Weller", "Yates", "York", "Zimmer", "Ashby",
)
# fmt: on


def name_of(number: int) -> str:
    """The same number is always the same name; two numbers below 1,640 never share one."""
    return f"{GIVEN[number % len(GIVEN)]} {FAMILY[number % len(FAMILY)]}"
